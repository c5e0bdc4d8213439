import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { guideSections, type GuideSection } from '../support/guide-sections.ts';

interface Row extends GuideSection {
  readonly here: string;
  readonly shownBy: string;
}

const page = readFileSync('docs/compatibility.md', 'utf8');
const [, part = ''] = /^## By section of the guide$(.*?)^## /ms.exec(page) ?? [];
const rows: Row[] = part.split(/^### Chapter /m).flatMap((chapter) =>
  [...chapter.matchAll(/^\|\s*(\d+)\s*\|(.*)\|\s*$/gm)].map(([, number = '', cells = '']) => {
    const [title = '', here = '', , shownBy = ''] = cells.split('|').map((cell) => cell.trim());
    return { chapter: Number.parseInt(chapter), page: Number(number), title, here, shownBy };
  }),
);
const place = ({ chapter, page: at, title }: GuideSection): string =>
  `${chapter}, p. ${at}: ${title}`;

it('the page has every chapter and section of the Guide, in its order, and no other', () => {
  expect(rows.map(place)).toEqual(guideSections.map(place));
});

it.each(rows.map((row) => [place(row), row] as const))('%s says what it is here', (_, row) => {
  expect(row.here).toMatch(/^(?:honoured|changed|refused)$/);
});

it.each(rows.map((row) => [place(row), row] as const))(
  '%s names a test that is there, or says why there is none',
  (_, { shownBy }) => {
    const named = [...shownBy.matchAll(/`(test\/[\w./-]+)`/g)].map(([, file = '']) => file);
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
    if (named.length === 0) expect(shownBy).toMatch(/^no test: \S.{15,}/);
  },
);

it('nothing of the Guide is put off', () => {
  expect(page).not.toMatch(/\|\s*later\s*\|/);
});
