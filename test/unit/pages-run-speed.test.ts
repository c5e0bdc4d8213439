import { expect, it } from 'vitest';
import { RunSpeed, type Run } from '#libs/pages';

const at = (bytes: number, change: Partial<Run> = {}): Run => ({
  id: 'r1',
  what: 'updates',
  state: 'running',
  startedAt: 0,
  files: [{ what: 'updates', name: 'a', state: 'fetching', bytes, bytesOverall: 1e9 }],
  ...change,
});

it('is the mean of the last ten seconds', () => {
  const speed = new RunSpeed();
  expect(speed.bytesPerS()).toBeNull();
  speed.note(at(0), 0);
  expect(speed.bytesPerS()).toBeNull();
  for (let s = 1; s <= 20; s += 1) speed.note(at(s * 1_000), s * 1_000);
  expect(speed.bytesPerS()).toBe(1_000);
  for (let s = 21; s <= 40; s += 1) speed.note(at(20_000), s * 1_000);
  expect(speed.bytesPerS()).toBe(0);
});

it('begins anew with each run, and knows nothing when none is on', () => {
  const speed = new RunSpeed();
  speed.note(at(0), 0);
  speed.note(at(5_000), 1_000);
  speed.note(at(9_000, { id: 'r2' }), 2_000);
  expect(speed.bytesPerS()).toBeNull();
  speed.note(at(9_500, { id: 'r2' }), 3_000);
  expect(speed.bytesPerS()).toBe(500);
  speed.note(at(9_500, { id: 'r2', state: 'done' }), 4_000);
  expect(speed.bytesPerS()).toBeNull();
});
