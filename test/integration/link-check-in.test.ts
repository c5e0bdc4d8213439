import { once } from 'node:events';
import { Socket } from 'node:net';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import type { CheckIn } from '#libs/link';
import { loggerInto } from '#libs/observe';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawConnection, rawRequest, type RawAnswer } from '../support/raw-link.ts';

const report: CheckIn = {
  protocol: 1,
  version: '0.1.0',
  release: 3,
  state: 'error',
  problems: [{ name: 'fw.zip', code: 'ARCHIVE_CRC_WRONG', message: 'fw.bin is damaged' }],
  freeBytes: 1_000,
  sentAt: 1_800_000_000_000,
};

const post = async (hub: HubInABox, body: string): Promise<RawAnswer> =>
  await rawRequest(hub.port, await hub.enrol('lisbon'), '/v1/check-in', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });

const codeIn = (answer: RawAnswer): unknown => JSON.parse(answer.body.toString());

it('keeps what a branch reports, and when it was seen', async () => {
  const hub = await HubInABox.start({ limits: { seenMs: 20 } });
  const client = await hub.branch('lisbon');
  await client.metadata('timestamp.json', 100);
  await expect.poll(async () => (await hub.state.branch('lisbon'))?.lastSeen).toBeGreaterThan(0);
  await client.checkIn(report);
  const branch = await hub.state.branch('lisbon');
  expect(JSON.parse(branch?.lastReport ?? '')).toEqual(report);
});

it('writes down who was seen when it stops', async () => {
  const hub = await HubInABox.start();
  await (await hub.branch('lisbon')).metadata('timestamp.json', 100);
  expect(await hub.state.branch('lisbon')).toMatchObject({ lastSeen: undefined });
  await hub.stop();
  expect((await hub.state.branch('lisbon'))?.lastSeen).toBeGreaterThan(0);
});

it('tells a branch the hubs above it', async () => {
  const hub = await HubInABox.start({ above: ['region', 'root'] });
  const answer = await (await hub.branch('lisbon')).checkIn(report);
  expect(answer.path).toEqual([hub.authority.hubId, 'region', 'root']);
});

it('refuses to be the hub of a hub above it', async () => {
  const hub = await HubInABox.start({ above: ['region', 'root'] });
  const client = await hub.branch('lisbon');
  await expect(client.checkIn({ ...report, hubId: 'root' })).rejects.toMatchObject({
    code: 'LINK_CYCLE',
  });
  await expect(client.checkIn({ ...report, hubId: hub.authority.hubId })).rejects.toMatchObject({
    code: 'LINK_CYCLE',
  });
  await expect(client.checkIn({ ...report, hubId: 'another' })).resolves.toBeDefined();
});

it.each([
  ['another protocol', '{"protocol":2}', 426, 'PROTOCOL_MISMATCH'],
  ['no protocol', '{}', 400, 'LINK_REQUEST_INVALID'],
  ['no object', '[1]', 400, 'LINK_REQUEST_INVALID'],
  ['no JSON', '{', 400, 'LINK_REQUEST_INVALID'],
  [
    'too much',
    JSON.stringify({ ...report, more: 'x'.repeat(70_000) }),
    400,
    'LINK_REQUEST_INVALID',
  ],
])('refuses a report with %s', async (_, body, status, code) => {
  const hub = await HubInABox.start();
  const answer = await post(hub, body);
  expect(answer.status).toBe(status);
  expect(codeIn(answer)).toMatchObject({ status, code });
});

it('hears a branch so often a minute and no more', async () => {
  const hub = await HubInABox.start({ limits: { reportsPerMinute: 2 } });
  const client = await hub.branch('lisbon');
  await client.checkIn(report);
  await client.checkIn(report);
  await expect(client.checkIn(report)).rejects.toMatchObject({
    code: 'PEER_BUSY',
    retryAfterMs: 60_000,
  });
  await (await hub.branch('porto')).checkIn(report);
});

it('says nothing of its own troubles, and logs them', async () => {
  const lines: string[] = [];
  const log = loggerInto('error', { write: (line: string) => void lines.push(line) });
  const hub = await HubInABox.start({ log });
  const client = await hub.branch('lisbon');
  hub.state.recordReport = () =>
    Promise.reject(new BranchlineError('JOURNAL_UNUSABLE', 'disk /dev/sda is on fire'));
  const asked = client.checkIn(report);
  await expect(asked).rejects.toMatchObject({ code: 'PEER_BUSY' });
  await expect(asked).rejects.not.toThrow(/fire/);
  expect(lines.join('')).toContain('fire');
});

it('knows no other address', async () => {
  const hub = await HubInABox.start();
  const identity = await hub.enrol('lisbon');
  for (const path of ['/', '/v1', '/v1/files', '/v1/metadata/../files', '/v2/check-in']) {
    const answer = await rawRequest(hub.port, identity, path);
    expect(answer.status).toBe(404);
    expect(codeIn(answer)).toMatchObject({ code: 'NOT_FOUND' });
  }
});

it.each([
  ['a head', 'GET /v1/events'],
  ['a body', 'POST /v1/check-in HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\n{'],
])('does not wait for the rest of %s', async (_, start) => {
  const hub = await HubInABox.start({ limits: { headersMs: 500, requestMs: 1_000 } });
  const socket = await rawConnection(hub.port, await hub.enrol('lisbon'));
  const said: Buffer[] = [];
  socket.on('data', (piece: Buffer) => said.push(piece));
  socket.write(start);
  await once(socket, 'close');
  expect(Buffer.concat(said).toString()).toMatch(/^HTTP\/1\.1 40[08] /);
});

it('closes connections that never finish their handshake', async () => {
  const hub = await HubInABox.start({ limits: { headersMs: 300 } });
  await new Promise((resolve) => {
    const socket = new Socket().connect(hub.port, '127.0.0.1');
    socket
      .on('error', () => undefined)
      .on('close', resolve)
      .resume();
  });
});

it('logs once a minute why an address is not let in', async () => {
  const lines: string[] = [];
  const log = loggerInto('warn', { write: (line: string) => void lines.push(line) });
  const hub = await HubInABox.start({ log });
  for (let n = 0; n < 3; n += 1) {
    await new Promise((resolve) => {
      const socket = connect({ port: hub.port, host: '127.0.0.1', rejectUnauthorized: false });
      socket
        .on('error', () => undefined)
        .on('close', resolve)
        .resume();
    });
  }
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
    msg: 'handshake refused',
    code: 'CERTIFICATE_MISSING',
  });
});
