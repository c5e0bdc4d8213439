import { expect, it } from 'vitest';
import { againLines, closingLine, isGood, lackOf, skippedLines } from '../setup/tally.ts';

const tally = {
  passed: 3,
  failed: 0,
  skipped: 2,
  wanting: { root: 1, atftp: 2 },
  again: ['a > b'],
};

it('ends with the line that CI reads, and names what was wanting in a stable order', () => {
  expect(closingLine(tally)).toBe('3 passed, 0 failed, 2 skipped');
  expect(skippedLines(tally)).toEqual(['skipped for want of atftp: 2, root: 1']);
  expect(skippedLines({ ...tally, wanting: { 'no IPv6 here': 1, root: 1 } })).toEqual([
    'skipped for want of root: 1',
    'skipped for other reasons: no IPv6 here: 1',
  ]);
  expect(skippedLines({ ...tally, wanting: {} })).toEqual([]);
});

it('names each test that passed at the second try only', () => {
  expect(againLines(tally)).toEqual(['passed at the second try only: a > b']);
  expect(againLines({ ...tally, again: [] })).toEqual([]);
});

it('calls a run without a single test no good run', () => {
  expect(isGood(tally)).toBe(true);
  expect(isGood({ ...tally, passed: 0 })).toBe(false);
  expect(isGood({ ...tally, failed: 1 })).toBe(false);
});

it.each([
  ['is served (atftp)', ['atftp'], undefined, ['atftp']],
  ['is served (curl, root)', ['root'], undefined, ['root']],
  ['a phone (curl and unzip) > is served (again)', ['curl', 'unzip'], undefined, ['curl', 'unzip']],
  ['is served (curl)', [], undefined, ['not told']],
  ['is served (toString)', ['toString'], 'no IPv6 here', ['no IPv6 here']],
])('reads what "%s" lacks when %j is missing', (title, missing, note, lacks) => {
  expect(lackOf(title, (name) => !missing.includes(name), note)).toEqual(lacks);
});
