import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import type { BranchIdentity } from '#libs/identity';
import { gather } from '../support/gather.ts';
import { HubInABox, type BoxOptions } from '../support/hub-in-a-box.ts';
import { rawConnection, rawRequest } from '../support/raw-link.ts';

const content = randomBytes(1_500_001);
const size = content.length;

interface Served {
  readonly hub: HubInABox;
  readonly identity: BranchIdentity;
  readonly sha256: string;
  readonly path: string;
  readonly etag: string;
}

const served = async (options: BoxOptions = {}): Promise<Served> => {
  const hub = await HubInABox.start(options);
  const sha256 = await hub.storeBytes(content);
  const identity = await hub.enrol('lisbon');
  return { hub, identity, sha256, path: `/v1/files/${sha256}`, etag: `"sha256-${sha256}"` };
};

it('gives the whole with its length and its strong tag', async () => {
  const { hub, identity, path, etag } = await served();
  const answer = await rawRequest(hub.port, identity, path);
  expect(answer.status).toBe(200);
  expect(answer.body.equals(content)).toBe(true);
  expect(answer.headers).toMatchObject({
    etag,
    'content-length': String(size),
    'accept-ranges': 'bytes',
  });
  expect(answer.headers['transfer-encoding']).toBeUndefined();
});

it('gives the head alone to HEAD', async () => {
  const { hub, identity, path, etag } = await served();
  const answer = await rawRequest(hub.port, identity, path, { method: 'HEAD' });
  expect(answer).toMatchObject({
    status: 200,
    headers: { etag, 'content-length': String(size) },
  });
  expect(answer.body.length).toBe(0);
});

it.each([
  [{ range: 'bytes=1000000-' }, 206, 1_000_000, size],
  [{ range: 'bytes=5-9' }, 206, 5, 10],
  [{ range: 'bytes=5-9', 'if-match': 'TAG' }, 206, 5, 10],
  [{ range: 'bytes=5-9', 'if-range': 'TAG' }, 206, 5, 10],
  [{ range: 'bytes=5-9', 'if-range': '"another"' }, 200, 0, size],
  [{ range: 'bytes=5-9,11-12' }, 200, 0, size],
])('answers %j with %i and the bytes %i to %i', async (headers, status, from, to) => {
  const { hub, identity, path, etag } = await served();
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('TAG', etag)]),
  );
  const answer = await rawRequest(hub.port, identity, path, { headers: sent });
  expect(answer.status).toBe(status);
  expect(answer.body.equals(content.subarray(from, to))).toBe(true);
  expect(answer.headers['content-range']).toBe(
    status === 206 ? `bytes ${from}-${to - 1}/${size}` : undefined,
  );
});

it.each([
  [{ range: `bytes=${size}-` }, 416],
  [{ 'if-match': '"another"' }, 412],
  [{ 'if-match': 'W/TAG' }, 412],
])('refuses %j with %i', async (headers, status) => {
  const { hub, identity, path, etag } = await served();
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('TAG', etag)]),
  );
  const answer = await rawRequest(hub.port, identity, path, { headers: sent });
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'LINK_REQUEST_INVALID' });
  if (status === 416) expect(answer.headers['content-range']).toBe(`bytes */${size}`);
});

it('does not send again what the branch has', async () => {
  const { hub, identity, path, etag } = await served();
  const answer = await rawRequest(hub.port, identity, path, { headers: { 'if-none-match': etag } });
  expect(answer.status).toBe(304);
  expect(answer.body.length).toBe(0);
});

it.each(['a'.repeat(64), 'A'.repeat(64), '..%2f..%2fhub.db', 'x'])(
  'has no content called %s',
  async (name) => {
    const { hub, identity } = await served();
    const answer = await rawRequest(hub.port, identity, `/v1/files/${name}`);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'PEER_LACKS_FILE' });
  },
);

it('goes on from a byte in the middle', async () => {
  const { hub, identity, sha256 } = await served();
  const client = hub.client(identity);
  const head = content.subarray(0, 700_000);
  const tail = await gather(client.file(sha256, { size, from: head.length }));
  expect(Buffer.concat([head, tail]).equals(content)).toBe(true);
  expect(await gather(client.file(sha256, { size, from: size }))).toHaveLength(0);
});

it('gives an empty content', async () => {
  const { hub, identity } = await served();
  const sha256 = await hub.storeBytes(Buffer.alloc(0));
  const answer = await rawRequest(hub.port, identity, `/v1/files/${sha256}`);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
});

it('lacks a content that is gone, without a try more', async () => {
  const { hub, identity, sha256 } = await served();
  await hub.store.remove(sha256);
  await expect(gather(hub.client(identity).file(sha256, { size }))).rejects.toMatchObject({
    code: 'PEER_LACKS_FILE',
  });
});

it('notices at once that its size is not what the release says', async () => {
  const { hub, identity, sha256 } = await served();
  const client = hub.client(identity);
  for (const wrong of [size - 1, size + 1]) {
    await expect(gather(client.file(sha256, { size: wrong }))).rejects.toMatchObject({
      code: 'LENGTH_MISMATCH',
    });
    await expect(gather(client.file(sha256, { size: wrong, from: 5 }))).rejects.toMatchObject({
      code: 'LENGTH_MISMATCH',
    });
  }
});

it('says when to come back while all slots are taken, and gives them back', async () => {
  const { hub, identity } = await served({ limits: { downloads: 1 } });
  const large = Buffer.alloc(32_000_000);
  const sha256 = await hub.storeBytes(large);
  const client = hub.client(identity);
  const first = client.file(sha256, { size: large.length });
  await first.next();
  await expect(gather(client.file(sha256, { size: large.length }))).rejects.toMatchObject({
    code: 'PEER_BUSY',
    retryAfterMs: 5_000,
  });
  await first.return();
  await expect.poll(() => hub.server.load.downloads).toBe(0);
  await expect(gather(client.file(sha256, { size: large.length }))).resolves.toHaveLength(
    large.length,
  );
});

it('lets go of a reader that takes nothing', async () => {
  const { hub, identity } = await served({ limits: { pieceMs: 200 } });
  const large = Buffer.alloc(64_000_000);
  const sha256 = await hub.storeBytes(large);
  const socket = await rawConnection(hub.port, identity);
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /v1/files/${sha256} HTTP/1.1\r\nHost: hub\r\n\r\n`);
  await expect.poll(() => hub.server.load.downloads).toBe(1);
  await expect.poll(() => hub.server.load.downloads, { timeout: 5_000 }).toBe(0);
  socket.resume();
  await once(socket, 'close');
});

it('ends a download when its caller has enough or gives up', async () => {
  const { hub, identity } = await served();
  const large = Buffer.alloc(64_000_000);
  const sha256 = await hub.storeBytes(large);
  const client = hub.client(identity);
  const given = new AbortController();
  const pieces = client.file(sha256, { size: large.length, signal: given.signal });
  await pieces.next();
  given.abort(new Error('enough'));
  await expect(gather(pieces)).rejects.toThrow('enough');
  await expect.poll(() => hub.server.load.downloads).toBe(0);
});
