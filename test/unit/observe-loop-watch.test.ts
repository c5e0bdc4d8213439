import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { loggerInto, LoopWatch } from '#libs/observe';

it('sees a block of the event loop, logs it once, and starts anew after reading', async () => {
  const lines: string[] = [];
  const watch = new LoopWatch(loggerInto('warn', { write: (line) => void lines.push(line) }), 300);
  await watch.start();
  onTestFinished(() => watch.stop());
  await sleep(20);
  watch.read();

  const end = performance.now() + 400;
  while (performance.now() < end);
  await sleep(20);

  const delay = watch.read();
  expect(delay.maxMs).toBeGreaterThan(300);
  expect(delay.maxMs).toBeGreaterThanOrEqual(delay.p99Ms);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', msg: 'event loop blocked' });
  expect(watch.read()).toEqual({ maxMs: 0, p99Ms: 0 });
});
