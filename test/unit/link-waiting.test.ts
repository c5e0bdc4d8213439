import { expect, it } from 'vitest';
import { WaitingBranches } from '../../libs/link/waiting-branches.ts';

const here = new AbortController().signal;
const long = 60_000;

it('wakes who waits for something older, and leaves the others', async () => {
  const waiting = new WaitingBranches();
  const behind = waiting.wait('lisbon', 3, long, here);
  const gone = new AbortController();
  const ahead = waiting.wait('porto', 5, long, gone.signal);
  await waiting.wake(4);
  expect(await behind).toBe(4);
  expect(waiting.size).toBe(1);
  gone.abort();
  expect(await ahead).toBeUndefined();
});

it('keeps one request for each branch: the newest', async () => {
  const waiting = new WaitingBranches();
  const older = waiting.wait('lisbon', 3, long, here);
  const newer = waiting.wait('lisbon', 3, long, here);
  expect(await older).toBeUndefined();
  expect(waiting.size).toBe(1);
  await waiting.wake(4);
  expect(await newer).toBe(4);
  expect(waiting.size).toBe(0);
});

it('ends after its time', async () => {
  const waiting = new WaitingBranches();
  expect(await waiting.wait('lisbon', 3, 5, here)).toBeUndefined();
  expect(waiting.size).toBe(0);
});

it('forgets a branch that hung up, before and while it waits', async () => {
  const waiting = new WaitingBranches();
  const gone = new AbortController();
  const left = waiting.wait('lisbon', 3, long, gone.signal);
  gone.abort();
  expect(await left).toBeUndefined();
  expect(await waiting.wait('lisbon', 3, long, gone.signal)).toBeUndefined();
  expect(waiting.size).toBe(0);
});

it('wakes thousands without holding the loop', async () => {
  const waiting = new WaitingBranches();
  const all = Array.from({ length: 5_000 }, (_, n) => waiting.wait(`b${n}`, 1, long, here));
  let turns = 0;
  let counting = true;
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await waiting.wake(2);
  counting = false;
  expect(new Set(await Promise.all(all))).toEqual(new Set([2]));
  expect(turns).toBeGreaterThan(20);
});

it('calls one branch, and remembers the call for one that is away for a moment', async () => {
  const waiting = new WaitingBranches();
  const lisbon = waiting.wait('lisbon', 3, long, here);
  const gone = new AbortController();
  const porto = waiting.wait('porto', 3, long, gone.signal);
  expect(waiting.call('lisbon', 3)).toBe(true);
  expect(await lisbon).toBe(3);
  expect(waiting.wasCalled('lisbon')).toBe(false);
  expect(waiting.call('lisbon', 3)).toBe(false);
  expect([waiting.wasCalled('porto'), waiting.wasCalled('lisbon')]).toEqual([false, true]);
  expect(waiting.wasCalled('lisbon')).toBe(false);
  gone.abort();
  expect(await porto).toBeUndefined();
});
