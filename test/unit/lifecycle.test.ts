import { describe, expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import {
  delayBefore,
  SingleInstance,
  startAll,
  Turns,
  withRetry,
  type Service,
} from '#libs/lifecycle';
import { tempFolder } from '../support/temp-folder.ts';

function part(name: string, told: string[], failsAt?: 'start' | 'stop'): Service {
  const step = (what: 'start' | 'stop') => (): Promise<void> => {
    told.push(`${what} ${name}`);
    return failsAt === what
      ? Promise.reject(new Error(`${name} fails to ${what}`))
      : Promise.resolve();
  };
  return { name, start: step('start'), stop: step('stop') };
}

it('starts in order and stops the newest first', async () => {
  const told: string[] = [];
  const stop = await startAll([part('a', told), part('b', told)]);
  await stop();
  expect(told).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

it('stops what is up when a later part fails to start', async () => {
  const told: string[] = [];
  await expect(
    startAll([part('a', told), part('b', told, 'start'), part('c', told)]),
  ).rejects.toThrow('b fails');
  expect(told).toEqual(['start a', 'start b', 'stop a']);
});

it('stops the others although one fails to stop', async () => {
  const told: string[] = [];
  const stop = await startAll([part('a', told), part('b', told, 'stop')]);
  await expect(stop()).rejects.toThrow(AggregateError);
  expect(told.slice(2)).toEqual(['stop b', 'stop a']);
});

it('waits twice as long each time, up to the maximum, within a quarter', () => {
  const backoff = { tries: 9, firstMs: 100, maxMs: 1_000 };
  const middle = [1, 2, 3, 4, 5, 6].map((n) => delayBefore(n, backoff, () => 0.5));
  expect(middle).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(delayBefore(1, backoff, () => 0)).toBe(75);
  expect(delayBefore(1, backoff, () => 1)).toBe(125);
});

it('tries again only what may succeed, and only so often', async () => {
  const backoff = { tries: 3, firstMs: 1, maxMs: 1 };
  const tries: number[] = [];
  const failing = (n: number): Promise<never> => {
    tries.push(n);
    return Promise.reject(new BranchlineError('PEER_UNREACHABLE', 'away'));
  };
  await expect(withRetry(backoff, () => true, failing)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  });
  expect(tries).toEqual([1, 2, 3]);
  tries.length = 0;
  await expect(withRetry(backoff, () => false, failing)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  });
  expect(tries).toEqual([1]);
});

it('ends the waiting when it is called off', async () => {
  const called = new AbortController();
  const waiting = withRetry(
    { tries: 2, firstMs: 60_000, maxMs: 60_000 },
    () => true,
    () => Promise.reject(new Error('away')),
    called.signal,
  );
  called.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

it('lets one server hold a state folder, and the next one after it', async () => {
  const folder = await tempFolder();
  const first = new SingleInstance(folder);
  await first.start();
  await expect(new SingleInstance(folder).start()).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
  });
  await first.stop();

  const next = new SingleInstance(folder);
  await next.start();
  onTestFinished(() => next.stop());
});

describe('turns', () => {
  it('lets so many in at a time, the others in their order, and survives failures', async () => {
    const turns = new Turns(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    const passes = Array.from({ length: 6 }, (_, n) =>
      turns.take(async () => {
        inside += 1;
        most = Math.max(most, inside);
        order.push(n);
        await Promise.resolve();
        inside -= 1;
        if (n === 1) throw new Error('broken');
      }),
    );
    const results = await Promise.allSettled(passes);
    expect(
      results.map(({ status }) => status).filter((status) => status === 'rejected'),
    ).toHaveLength(1);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });
});
