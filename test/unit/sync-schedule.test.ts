import { createTask } from 'node-cron';
import { expect, it, onTestFinished } from 'vitest';
import { CircuitBreaker, cronFor, type UpdateInterval } from '#libs/sync';

/** Seconds into its interval at which each of a thousand branches asks. */
function secondsOf(interval: UpdateInterval): number[] {
  return Array.from({ length: 1_000 }, (_, n) => {
    const [second = 0, minute = 0, hour = 0] = cronFor(interval, `branch-${n}`)
      .split(' ')
      .map((field) => (field === '*' ? 0 : Number(field)));
    return (hour * 60 + minute) * 60 + second;
  });
}

it.each([
  ['minute', 1, 60, 60],
  ['hour', 2, 3_600, 60],
  ['day', 3, 86_400, 24],
] as const)(
  'spreads a thousand branches over a %s: never twice the mean rate',
  (_, interval, length, slots) => {
    const counts = new Array<number>(slots).fill(0);
    for (const at of secondsOf(interval)) {
      const slot = Math.floor((at / length) * slots);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual((2 * 1_000) / slots);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  },
);

it('asks at the same time after every restart', () => {
  expect(cronFor(4, 'lisbon')).toBe(cronFor(4, 'lisbon'));
  expect(cronFor(4, 'lisbon')).not.toBe(cronFor(4, 'porto'));
});

it.each([1, 2, 3, 4] as const)(
  'interval %i is one run per interval for node-cron too',
  async (interval) => {
    const task = createTask(cronFor(interval, 'lisbon'), () => undefined);
    onTestFinished(async () => {
      await task.destroy();
    });
    await task.start();
    const [first, second] = task.getNextRuns(2).map((run) => run.getTime());
    const days = ((second ?? 0) - (first ?? 0)) / 86_400_000;
    const expected = { 1: 1 / 1_440, 2: 1 / 24, 3: 1, 4: 30 }[interval];
    expect(days / expected).toBeGreaterThan(0.9);
    expect(days / expected).toBeLessThan(1.1);
  },
);

it('opens the circuit after two failures in a row, for five minutes', () => {
  let now = 1_000;
  const breaker = new CircuitBreaker({ now: () => now });
  breaker.failed();
  breaker.succeeded();
  breaker.failed();
  expect(breaker.closed).toBe(true);

  breaker.failed();
  expect(breaker.closed).toBe(false);
  expect(breaker.openUntil).toBe(301_000);
  now = 300_999;
  expect(breaker.closed).toBe(false);
  now = 301_000;
  expect(breaker.closed).toBe(true);
});
