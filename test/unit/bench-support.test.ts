import { expect, it } from 'vitest';
import { isKept, ratioOf } from '../bench/support/bench-result.ts';
import { LoopDelay } from '../bench/support/loop-delay.ts';
import { inTurn, median, percentile } from '../bench/support/measure.ts';
import { asMarkdown, asText } from '../bench/support/print-result.ts';

const result = {
  title: 'A pull',
  command: 'curl',
  figures: [
    { label: 'memory', value: 201, unit: 'MB', limit: { kind: 'at most' as const, value: 200 } },
  ],
  ratio: ratioOf('ours / curl', 90, 100, 1),
};

it('meets a ratio at its target and misses it above', () => {
  expect(ratioOf('x', 100, 100, 1)).toMatchObject({ value: 1, met: true });
  expect(ratioOf('x', 101, 100, 1)).toMatchObject({ value: 1.01, met: false });
});

it('holds figures to their limits, from either side', () => {
  const figure = { label: 'x', value: 5, unit: 'ms' };
  expect(isKept(figure)).toBe(true);
  expect(isKept({ ...figure, limit: { kind: 'at most', value: 4.9 } })).toBe(false);
  expect(isKept({ ...figure, limit: { kind: 'at least', value: 5.1 } })).toBe(false);
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
])('has %j with the median %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it('takes a percentile that was really measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile([7], 0.5)).toBe(7);
});

it('measures in turn and leaves the first round out', async () => {
  const ours = [1000, 1, 2, 3];
  const peer = [1000, 10, 20, 30];
  const next = (list: number[]) => (): Promise<number> => Promise.resolve(list.shift() ?? NaN);
  expect(await inTurn(3, next(ours), next(peer))).toEqual({ ours: 2, peer: 20 });
});

it('sees a block of the event loop, also one that lasts to the end', async () => {
  const loop = new LoopDelay();
  await loop.watch(async () => {
    await Promise.resolve();
    const until = performance.now() + 60;
    while (performance.now() < until);
  });
  expect(loop.maxMs).toBeGreaterThan(50);
});

it('prints what was missed as missed', () => {
  for (const text of [asText(result), asMarkdown(result, 'pull')]) {
    expect(text).toMatch(/memory.*201 MB.*at most 200 MB: MISSED/);
    expect(text).toMatch(/ours \/ curl.*0\.90 ×.*at most 1\.00 ×: met/);
  }
});
