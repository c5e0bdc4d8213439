import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorCodes, type ErrorMeaning, type Fault } from '#libs/errors';

const sides: Record<Fault, string> = {
  operator: 'operator',
  peer: 'other server',
  phone: 'telephone',
  archive: 'archive',
  ours: 'Branchline',
};

/** The sections of the page: code → the line below it, and the labels of what follows. */
const sections = new Map(
  readFileSync('docs/errors.md', 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [code = '', , meaning = '', ...rest] = section.split('\n');
      return [
        code,
        { meaning, labels: rest.flatMap((line) => /^- \*\*(.+):\*\* \S/.exec(line)?.[1] ?? []) },
      ];
    }),
);

const asLine = ({ exit, status, fault, retry }: ErrorMeaning): string =>
  [
    `exit ${exit}`,
    `HTTP ${status}`,
    sides[fault],
    retry ? 'may pass by itself' : 'stays until mended',
  ].join(' · ');

it('explains every code, and no other', () => {
  expect([...sections.keys()].toSorted()).toEqual(Object.keys(errorCodes).toSorted());
});

it.each(Object.entries(errorCodes))('says of %s what the program does', (code, meaning) => {
  expect(sections.get(code)).toEqual({
    meaning: asLine(meaning),
    labels: ['Means', 'Done', 'To do'],
  });
});
