import { expect, it } from 'vitest';
import { bytes, duration, every, names, Times } from '#libs/pages';

it.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3_540, '59 min'],
  [3_600, '1 h'],
  [7_800, '2 h 10 min'],
  [86_400, '1 day'],
  [93_600, '1 day 2 h'],
  [86_400 * 19 + 7_200, '19 days'],
  [-5, '0 s'],
])('%i seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [63_118_204, '63 MB'],
  [9_960_000, '10 MB'],
  [999_600_000, '1.0 GB'],
  [412e9, '412 GB'],
  [5e15, '5000 TB'],
])('%i bytes are %s', (count, words) => {
  expect(bytes(count)).toBe(words);
});

it('says intervals and lists of names as people do', () => {
  expect(every(3_600)).toBe('every hour');
  expect(every(300)).toBe('every 5 min');
  expect(names([])).toBe('');
  expect(names(['a'])).toBe('a');
  expect(names(['a', 'b', 'c'])).toBe('a, b and c');
  expect(names(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

it('says when, in the zone of the server', () => {
  const times = new Times('2026-11-21T16:12:00Z', 'Europe/Lisbon');
  expect(times.at('2026-11-21T14:02:00Z')).toBe('14:02');
  expect(times.at('2026-11-20T23:59:00Z')).toBe('20 Nov, 23:59');
  expect(times.relative('2026-11-21T14:02:00Z')).toBe('2 h 10 min ago');
  expect(times.relative('2026-11-21T16:26:00Z')).toBe('in 14 min');
  expect(times.relative('2026-11-21T16:11:58Z')).toBe('now');
  expect(new Times('2026-11-21T16:12:00Z', 'Asia/Tokyo').at('2026-11-21T14:02:00Z')).toBe(
    '21 Nov, 23:02',
  );
});
