import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Courier, Webhook, type CourierPatience, type Receiver } from '#libs/alarms';
import { AlarmQueueTable, Journal } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { fakeMessage } from '../support/alarm-rig.ts';
import { startWebhook, type Posted } from '../support/alarm-receivers.ts';
import { tempFolder } from '../support/temp-folder.ts';

const patience: CourierPatience = {
  tryMs: 250,
  backoff: { firstMs: 10, maxMs: 20 },
  refusals: 3,
};

async function openQueue(folder?: string): Promise<{ folder: string; queue: AlarmQueueTable }> {
  const place = folder ?? (await tempFolder());
  const journal = new Journal(path.join(place, 'branchline.db'));
  onTestFinished(() => {
    journal.close();
  });
  return { folder: place, queue: new AlarmQueueTable(journal) };
}

const add = (queue: AlarmQueueTable, receiver: string, ids: readonly string[]): void => {
  for (const id of ids) queue.add(receiver, JSON.stringify(fakeMessage({ id })), Date.now());
};

async function start(
  queue: AlarmQueueTable,
  receiver: Receiver,
  onDropped = vi.fn(),
): Promise<Courier> {
  const log = silentLogger();
  const courier = new Courier({ receiver, queue, clock: systemClock, log, onDropped, patience });
  await courier.start();
  onTestFinished(() => courier.stop());
  return courier;
}

const idsOf = (posted: readonly Posted[]): string[] =>
  posted.map(({ body }) => (JSON.parse(body) as { id: string }).id);
const hook = (url: string): Webhook => new Webhook({ url, secret: '', authorityFile: undefined });
const empty = (queue: AlarmQueueTable, name: string): Promise<boolean> =>
  vi.waitUntil(() => queue.waiting(name) === 0, { timeout: 10_000 });

it('keeps the order while a receiver is away, and takes what is queued meanwhile', async () => {
  const { queue } = await openQueue();
  let failures = 3;
  const { url, posted } = await startWebhook(() => (failures-- > 0 ? 503 : 204));
  add(queue, 'webhook', ['a', 'b', 'c']);
  const courier = await start(queue, hook(url));
  await empty(queue, 'webhook');
  add(queue, 'webhook', ['d']);
  courier.wake();
  await empty(queue, 'webhook');
  expect(idsOf(posted)).toEqual(['a', 'a', 'a', 'a', 'b', 'c', 'd']);
  expect(queue.receiver('webhook')).toMatchObject({ failingSince: undefined, dropped: 0 });
});

it('a receiver that hangs is given up, tried again, and holds up no other one', async () => {
  const { queue } = await openQueue();
  let hangs = true;
  const { url } = await startWebhook(() => (hangs ? undefined : 204));
  const mail: Receiver & { readonly ids: string[] } = {
    ...{ name: 'mail', address: 'x', ids: [] },
    send(message) {
      this.ids.push(message.id);
      return Promise.resolve('taken');
    },
  };
  add(queue, 'webhook', ['a']);
  add(queue, 'mail', ['a', 'b']);
  await start(queue, hook(url));
  await start(queue, mail);
  await empty(queue, 'mail');
  expect(mail.ids).toEqual(['a', 'b']);
  expect(queue.waiting('webhook')).toBe(1);
  await vi.waitUntil(() => queue.receiver('webhook').failingSince !== undefined, {
    timeout: 5_000,
  });
  expect(queue.receiver('webhook').lastError).toMatch(/no answer within 0\.25 s/);
  hangs = false;
  await empty(queue, 'webhook');
});

it('gives up a message that is refused again and again, and the next one says so', async () => {
  const { queue } = await openQueue();
  const onDropped = vi.fn();
  const { url, posted } = await startWebhook((body) => (body.includes('"bad"') ? 400 : 204));
  add(queue, 'webhook', ['bad', 'good', 'better']);
  await start(queue, hook(url), onDropped);
  await empty(queue, 'webhook');
  expect(idsOf(posted)).toEqual(['bad', 'bad', 'bad', 'good', 'better']);
  expect(
    posted.map(({ body }) => (JSON.parse(body) as { dropped: number }).dropped).slice(3),
  ).toEqual([1, 0]);
  expect(onDropped.mock.calls).toEqual([['webhook', 1]]);
});

it('stops at once in the middle of a try', async () => {
  const { queue } = await openQueue();
  const { url } = await startWebhook(() => undefined);
  add(queue, 'webhook', ['a']);
  const log = silentLogger();
  const courier = new Courier({
    receiver: hook(url),
    queue,
    clock: systemClock,
    log,
    onDropped: vi.fn(),
  });
  await courier.start();
  const started = performance.now();
  await courier.stop();
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(queue.waiting('webhook')).toBe(1);
});

it('after kill -9 nothing is lost, in order, and nothing acknowledged is sent again', async () => {
  const { folder, queue } = await openQueue();
  add(queue, 'webhook', ['a', 'b', 'c']);
  let isAlive = true;
  const asked: string[] = [];
  const { url, posted } = await startWebhook((body) => {
    const { id } = JSON.parse(body) as { id: string };
    asked.push(id);
    return id === 'a' || !isAlive ? 204 : undefined;
  });
  const args = ['-C', 'source', 'test/support/send-alarms.ts', folder, url];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  // The second is on its way: the first was acknowledged and taken down.
  await vi.waitUntil(() => asked.includes('b'), { timeout: 20_000 });
  child.kill('SIGKILL');
  await ended;
  isAlive = false;
  expect(queue.waiting('webhook')).toBe(2);
  await start(queue, hook(url));
  await empty(queue, 'webhook');
  expect(idsOf(posted)).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual(['a', 'b', 'b', 'c']);
}, 30_000);

it('forgets what waits for a receiver that the settings no longer name', async () => {
  const { queue } = await openQueue();
  add(queue, 'webhook', ['a']);
  add(queue, 'mail', ['b']);
  expect(queue.keepOnly(['mail'])).toBe(1);
  expect([queue.waiting('webhook'), queue.waiting('mail')]).toEqual([0, 1]);
});
