import { expect, it, onTestFinished } from 'vitest';
import { Pace } from '../../libs/scan/pace.ts';

function started(perSecond: number): Pace {
  const pace = new Pace(perSecond);
  pace.start();
  onTestFinished(() => {
    pace.stop();
  });
  return pace;
}

async function take(pace: Pace, count: number): Promise<number> {
  const began = performance.now();
  for (let taken = 0; taken < count; taken += 1) await pace.take();
  return performance.now() - began;
}

it('asks a first handful at once, and then so many a second where nobody answers', async () => {
  const pace = started(100);
  expect(await take(pace, 64)).toBeLessThan(50);
  expect(await take(pace, 20)).toBeGreaterThan(180);
});

it('asks two for each that answers, without waiting', async () => {
  const pace = started(10);
  await take(pace, 64);
  for (let answers = 0; answers < 100; answers += 1) pace.answered();
  expect(await take(pace, 200)).toBeLessThan(50);
  expect(await take(pace, 1)).toBeGreaterThan(20);
});

it('keeps nobody waiting once it is stopped', async () => {
  const pace = started(10);
  await take(pace, 64);
  const waiting = pace.take();
  pace.stop();
  await waiting;
  await pace.take();
});
