import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawConnection, statusesIn } from '../support/raw-connection.ts';
import { webBranch } from '../support/web-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

/** Far more than the buffers of both kernels take. */
const large = Buffer.alloc(64 * 1024 * 1024, 'x');
const get = 'GET /a.bin HTTP/1.1\r\n\r\n';

describe.each(['http', 'https'] as const)('a slow client of %s', (name) => {
  const soon = { checkMs: 50, headersMs: 300, keepAliveMs: 1 };

  it.each([
    ['nothing', ''],
    ['half a request line', 'GET /a.'],
    ['half a head', 'GET /a.txt HTTP/1.1\r\nUser-Agent: AVA'],
  ])('that sends %s is closed', async (_, bytes) => {
    const { origin } = await webBranch({}, { name, limits: soon });
    const connection = await RawConnection.open(origin);
    connection.send(bytes);
    expect(statusesIn(await connection.closed())).toEqual([408]);
  });

  it('that sends its head byte by byte is closed', async () => {
    const { origin } = await webBranch({}, { name, limits: soon });
    const connection = await RawConnection.open(origin);
    const drip = setInterval(() => {
      connection.send('x');
    }, 30);
    onTestFinished(() => {
      clearInterval(drip);
    });
    connection.send('GET /a.txt HTTP/1.1\r\nUser-Agent: ');
    expect(statusesIn(await connection.closed())).toEqual([408]);
  });

  it('that never sends its body is answered at once and closed', async () => {
    const { origin } = await webBranch({ 'a.txt': 'A' }, { name });
    const connection = await RawConnection.open(origin);
    connection.send('GET /a.txt HTTP/1.1\r\nContent-Length: 1000\r\n\r\nx');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nA$/);
  });

  // Node's own patience would be six seconds.
  it('that asks nothing more is closed', { timeout: 5000 }, async () => {
    const { origin } = await webBranch({ 'a.txt': 'A' }, { name, limits: soon });
    const connection = await RawConnection.open(origin);
    connection.send('GET /a.txt HTTP/1.1\r\n\r\n');
    expect(statusesIn(await connection.closed())).toEqual([200]);
  });

  it('that takes nothing of its answer is cut, and another is served meanwhile', async () => {
    const branch = await webBranch(
      { 'a.bin': large, 'b.txt': 'B' },
      { name, limits: { stallMs: 500 } },
    );
    const connection = await RawConnection.open(branch.origin);
    connection.pause();
    connection.send(get);
    expect((await webFetch(branch.origin, '/b.txt')).status).toBe(200);
    const transfers = await branch.ended(2);
    expect(transfers[1]).toMatchObject({ name: 'a.bin', outcome: 'failed', code: 'PHONE_SILENT' });
    expect(transfers[1]?.bytes).toBeLessThan(large.length);
    await expect.poll(() => branch.delivery.usage.descriptors).toBe(0);
  });

  it('that takes its answer in drops is cut', async () => {
    const limits = { checkMs: 50, stallMs: 1000, minBytesPerSecond: 1024 * large.length };
    const branch = await webBranch({ 'a.bin': large }, { name, limits });
    const connection = await RawConnection.open(branch.origin);
    connection.pause();
    connection.send(get);
    const drip = setInterval(() => {
      connection.resume();
      setImmediate(() => {
        connection.pause();
      });
    }, 400);
    onTestFinished(() => {
      clearInterval(drip);
    });
    expect(await branch.ended(1)).toMatchObject([{ outcome: 'failed', code: 'PHONE_SILENT' }]);
  });

  it('that is slow but steady gets its file', async () => {
    const content = large.subarray(0, 12 * 1024 * 1024);
    const branch = await webBranch({ 'a.bin': content }, { name, limits: { stallMs: 1000 } });
    const connection = await RawConnection.open(branch.origin);
    const breath = setInterval(() => {
      connection.pause();
      setTimeout(() => {
        connection.resume();
      }, 60);
    }, 70);
    onTestFinished(() => {
      clearInterval(breath);
    });
    connection.send('GET /a.bin HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect((await connection.closed()).length).toBeGreaterThan(content.length);
    expect(await branch.ended(1)).toMatchObject([{ outcome: 'done', bytes: content.length }]);
  });
});

it('closes who never begins the TLS handshake', async () => {
  const { port } = await webBranch({}, { name: 'https', limits: { handshakeMs: 200 } });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'close');
});

it.each([
  ['one address', { maxConnectionsPerAddress: 2 }],
  ['a port', { maxConnections: 2 }],
])('takes no more connections from %s than it may, until one ends', async (_, limits) => {
  const branch = await webBranch({ 'a.txt': 'A' }, { limits });
  const first = await RawConnection.open(branch.origin);
  await RawConnection.open(branch.origin);
  await expect.poll(() => branch.server.connections).toBe(2);
  await expect(webFetch(branch.origin, '/a.txt')).rejects.toHaveProperty('code');
  first.destroy();
  await expect.poll(() => branch.server.connections).toBe(1);
  expect((await webFetch(branch.origin, '/a.txt')).status).toBe(200);
});

it('keeps little in memory for many who take nothing', async () => {
  const branch = await webBranch({ 'a.bin': large });
  const phones = await Promise.all(
    Array.from({ length: 300 }, () => RawConnection.open(branch.origin)),
  );
  for (const phone of phones) {
    phone.pause();
    phone.send(get);
  }
  await expect
    .poll(() => branch.server.bufferedBytes, { timeout: 20_000 })
    .toBeGreaterThan(12 * 1024 * 1024);
  expect(branch.server.bufferedBytes).toBeLessThan(24 * 1024 * 1024);
  expect(branch.delivery.usage.descriptors).toBe(1);
  for (const phone of phones) phone.destroy();
  await expect.poll(() => branch.server.bufferedBytes).toBe(0);
});
