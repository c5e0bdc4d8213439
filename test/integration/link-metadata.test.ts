import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawRequest } from '../support/raw-link.ts';

it('costs a 304 when nothing is new', async () => {
  const hub = await HubInABox.start();
  await hub.publishFile('fw.zip', Buffer.from('firmware'));
  const identity = await hub.enrol('lisbon');
  const path = '/v1/metadata/timestamp.json';
  const first = await rawRequest(hub.port, identity, path);
  expect(first).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache' } });
  const headers = { 'if-none-match': first.headers.etag };
  const second = await rawRequest(hub.port, identity, path, { headers });
  expect(second).toMatchObject({ status: 304, headers: { etag: first.headers.etag } });
  expect(second.body).toHaveLength(0);
  await hub.publishFile('fw.zip', Buffer.from('newer'));
  const third = await rawRequest(hub.port, identity, path, { headers });
  expect(third.status).toBe(200);
  expect(third.body.equals(first.body)).toBe(false);
});

it.each(['1.root.json', '1.snapshot.json', '1.targets.json'])('gives %s for ever', async (name) => {
  const hub = await HubInABox.start();
  await hub.publishFile('fw.zip', Buffer.from('firmware'));
  const answer = await rawRequest(hub.port, await hub.enrol('lisbon'), `/v1/metadata/${name}`);
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-control']).toContain('immutable');
  expect(answer.headers['content-length']).toBe(String(answer.body.length));
});

it.each(['2.root.json', 'root.json', '..%2Fkeys', 'timestamp.json.', '%00'])(
  'has no metadata called %s',
  async (name) => {
    const hub = await HubInABox.start();
    const path = `/v1/metadata/${name}`;
    const answer = await rawRequest(hub.port, await hub.enrol('lisbon'), path);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'NOT_FOUND' });
  },
);

it('gives large metadata to many at once, whole and in pieces', async () => {
  const hub = await HubInABox.start();
  const large = randomBytes(3_000_000);
  hub.override('7.targets.json', large);
  const clients = await Promise.all(Array.from({ length: 10 }, (_, n) => hub.branch(`b${n}`)));
  const all = await Promise.all(
    clients.map((client) => client.metadata('7.targets.json', large.length)),
  );
  expect(all.every((bytes) => bytes?.equals(large))).toBe(true);
  await expect(clients[0]?.metadata('7.targets.json', large.length - 1)).rejects.toMatchObject({
    code: 'RELEASE_ENDLESS',
  });
});
