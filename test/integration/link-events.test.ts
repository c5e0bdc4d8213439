import { expect, it } from 'vitest';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawRequest } from '../support/raw-link.ts';

it('wakes 200 waiting branches at once', async () => {
  const hub = await HubInABox.start();
  const clients = await Promise.all(
    Array.from({ length: 200 }, (_, n) => hub.branch(`branch-${n}`)),
  );
  const woken = Promise.all(clients.map((client) => client.waitForEvent(0)));
  await expect.poll(() => hub.server.load.waiting, { timeout: 20_000 }).toBe(200);
  const started = performance.now();
  await hub.server.wake(1);
  expect(new Set(await woken)).toEqual(new Set([1]));
  expect(performance.now() - started).toBeLessThan(1_000);
});

it('sends a branch home that waited long enough, to ask again', async () => {
  const hub = await HubInABox.start({ limits: { waitMs: 50 } });
  const client = await hub.branch('lisbon');
  expect(await client.waitForEvent(0)).toBeUndefined();
  await hub.publishFile('fw.zip', Buffer.from('firmware'));
  expect(await client.waitForEvent(0)).toBe(1);
});

it('forgets a branch that stops waiting', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const given = new AbortController();
  const waiting = client.waitForEvent(0, given.signal);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  given.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
  await expect.poll(() => hub.server.load.waiting).toBe(0);
});

it('keeps one waiting request for each branch', async () => {
  const hub = await HubInABox.start();
  const identity = await hub.enrol('lisbon');
  const [older, newer] = [hub.client(identity), hub.client(identity)];
  const first = older.waitForEvent(0);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  const second = newer.waitForEvent(0);
  expect(await first).toBeUndefined();
  await hub.publishFile('fw.zip', Buffer.from('firmware'));
  expect(await second).toBe(1);
});

it('ends at once while branches wait', async () => {
  const hub = await HubInABox.start();
  const waiting = (await hub.branch('lisbon')).waitForEvent(0).catch(() => undefined);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  const started = performance.now();
  await hub.stop();
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(await waiting).toBeUndefined();
});

it.each(['', '?since=', '?since=-1', '?since=x', '?since=1&since=2', '?since=1e3'])(
  'refuses to wait for %j',
  async (query) => {
    const hub = await HubInABox.start();
    const answer = await rawRequest(hub.port, await hub.enrol('lisbon'), `/v1/events${query}`);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'LINK_REQUEST_INVALID' });
  },
);
