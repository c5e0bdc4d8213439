import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AccessList } from '#libs/delivery';
import { Script, scriptReader } from '#libs/phones';
import { readRanges } from '#libs/scan';
import { documents } from '../support/documents.ts';

const read = (name: string): string => readFileSync(`docs/examples/${name}`, 'utf8');

/** Scripts of telephones, in the order in which one asks for them, and how each ends. */
const scripts = [
  ['46xxupgrade.scr', { kind: 'get', line: 2, file: '46xxsettings.txt' }],
  ['46xxsettings.txt', { kind: 'done' }],
  ['fxd_upgrade.scr', { kind: 'get', line: 2, file: '46xxsettings.txt' }],
  ['fxd_settings.txt', { kind: 'done' }],
] as const;

it.each(scripts)('%s is understood to its end, in the pilot group and outside', (name, end) => {
  for (const group of [5, 0]) {
    const reader = scriptReader({ mac: '00073be10000', model: '4621', group }, name);
    const run = new Script(read(name)).run(reader);
    expect(run.steps.filter(({ kind }) => kind === 'unclear')).toEqual([]);
    expect(run.end).toEqual(end);
  }
});

it('the access list has no line that says nothing', () => {
  const list = AccessList.read(Buffer.from(read('HTTP_allow_IP.txt')));
  expect(list).toMatchObject({ faultCount: 0, size: 3 });
});

it('the file of ranges has the form of the Guide (p. 43)', () => {
  expect(readRanges(read('floor2.txt'), 'floor2.txt')).toHaveLength(3);
});

it('every example is named on a page', () => {
  const pages = documents().map(({ text }) => text);
  const unnamed = readdirSync('docs/examples').filter(
    (name) => !pages.some((text) => text.includes(`examples/${name}`)),
  );
  expect(unnamed).toEqual([]);
});
