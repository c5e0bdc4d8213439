import { once } from 'node:events';
import { createServer as createWebServer } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { PhoneWebServer } from '#libs/http';
import { PieceBuffers, TreeDelivery } from '#libs/delivery';
import { listen } from '#libs/lifecycle';
import { loggerInto, silentLogger } from '#libs/observe';
import { sendPieces } from '../../libs/http/send-pieces.ts';
import { makePhoneCertificate, phoneCertificate } from '../support/phone-certificate.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { webBranch } from '../support/web-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

const host = '127.0.0.1';
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const large = Buffer.alloc(32 * 1024 * 1024, 'x');

async function fingerprint(port: number): Promise<string> {
  const socket: TLSSocket = connect({ host, port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
  socket.destroy();
  return fingerprint256 ?? '';
}

it('listens on every port it is given', async () => {
  const { server } = await webBranch({ 'a.txt': 'A' }, { ports: [0, 0, 0] });
  const ports = server.addresses().map(({ port }) => port);
  expect(new Set(ports).size).toBe(3);
  for (const port of ports) {
    expect((await webFetch(`http://${host}:${port}`, '/a.txt')).status).toBe(200);
  }
});

it.skipIf(!hasIpv6)('listens on IPv6, and knows IPv4 phones by their own address', async () => {
  const branch = await webBranch({ 'a.txt': 'A' }, { address: '::' });
  await webFetch(branch.origin, '/a.txt');
  await webFetch(`http://[::1]:${branch.port}`, '/a.txt');
  const transfers = await branch.ended(2);
  expect(transfers.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
});

it('listens on no port when one of them is taken, and says which', async () => {
  const other = createServer().listen(0, host);
  await once(other, 'listening');
  const address = other.address();
  const taken = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const delivery = new TreeDelivery({ trees: {}, cacheBytes: 0 });
  const server = new PhoneWebServer({
    ...{ name: 'http', tree: 'HTTP', address: host, delivery, log: silentLogger() },
    ports: [0, taken],
  });
  await expect(server.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  await expect(server.start()).rejects.toThrow(String(taken));
  expect(server.addresses()).toEqual([]);
  other.close();
  await once(other, 'close');
  await server.start();
  expect(server.addresses()).toHaveLength(2);
  await server.stop();
});

it('starts again after it was stopped', async () => {
  const branch = await webBranch({ 'a.txt': 'A' });
  await branch.server.stop();
  await expect(webFetch(branch.origin, '/a.txt')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await branch.server.start();
  const [{ port } = { port: 0 }] = branch.server.addresses();
  expect((await webFetch(`http://${host}:${port}`, '/a.txt')).status).toBe(200);
});

it.each(['http', 'https'] as const)(
  'lets %s downloads end when it stops, and idle connections at once',
  async (name) => {
    const branch = await webBranch({ 'a.bin': large, 'b.txt': 'B' }, { name });
    const idle = await RawConnection.open(branch.origin);
    idle.send('GET /b.txt HTTP/1.1\r\n\r\n');
    await idle.until(/B$/);
    const silent = await RawConnection.open(branch.origin);
    const busy = await RawConnection.open(branch.origin);
    busy.send('GET /a.bin HTTP/1.1\r\n\r\n');
    await busy.until(/\r\n\r\nx/);
    busy.pause();
    const stopped = branch.server.stop();
    await Promise.all([idle.closed(), silent.closed()]);
    busy.resume();
    expect((await busy.closed()).length).toBeGreaterThan(large.length);
    await stopped;
    await expect.poll(() => branch.server.connections).toBe(0);
  },
);

it.each(['http', 'https'] as const)(
  'cuts %s downloads that take too long when it stops',
  async (name) => {
    const branch = await webBranch({ 'a.bin': large }, { name, limits: { stopMs: 200 } });
    const phone = await RawConnection.open(branch.origin);
    phone.send('GET /a.bin HTTP/1.1\r\n\r\n');
    await phone.until(/\r\n\r\nx/);
    phone.pause();
    await branch.server.stop();
    expect(await branch.ended(1)).toMatchObject([{ outcome: 'failed', code: 'INTERRUPTED' }]);
  },
);

it('shows a new certificate to new connections, and old ones go on', async () => {
  const branch = await webBranch({ 'a.bin': large }, { name: 'https' });
  const before = await fingerprint(branch.port);
  const old = await RawConnection.open(branch.origin);
  old.send('GET /a.bin HTTP/1.1\r\nConnection: close\r\n\r\n');
  await old.until(/\r\n\r\nx/);
  old.pause();
  branch.server.setTls({ pairs: [await makePhoneCertificate()] });
  expect(await fingerprint(branch.port)).not.toBe(before);
  old.resume();
  expect((await old.closed()).length).toBeGreaterThan(large.length);
});

it('keeps its certificate when the new one does not fit its key', async () => {
  const branch = await webBranch({}, { name: 'https' });
  const before = await fingerprint(branch.port);
  const { cert } = await makePhoneCertificate();
  const { key } = await phoneCertificate();
  expect(() => {
    branch.server.setTls({ pairs: [{ cert, key }] });
  }).toThrow(expect.objectContaining({ code: 'CERTIFICATE_INVALID' }));
  expect(await fingerprint(branch.port)).toBe(before);
});

it.each([
  ['no certificate', undefined],
  ['one that is none', { pairs: [{ cert: 'x', key: 'y' }] }],
  ['an empty list', { pairs: [] }],
])('does not start HTTPS with %s', async (_, tls) => {
  const server = new PhoneWebServer({
    ...{ name: 'https', tree: 'HTTPS', address: host, ports: [0], log: silentLogger() },
    delivery: new TreeDelivery({ trees: {}, cacheBytes: 0 }),
    ...(tls === undefined ? {} : { tls }),
  });
  await expect(server.start()).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
});

it.each([
  ['a 1200 series phone (RSA key exchange)', { ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' }],
  ['a 96x1', { maxVersion: 'TLSv1.2' }],
  ['a phone of today', { minVersion: 'TLSv1.3' }],
] as const)('speaks TLS with %s', async (_, options) => {
  const { port } = await webBranch({}, { name: 'https' });
  const socket = connect({ host, port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  socket.destroy();
});

it('speaks nothing older than TLS 1.2 unless told to', async () => {
  const { port } = await webBranch({}, { name: 'https' });
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  const socket = connect({ host, port, rejectUnauthorized: false, ...old });
  await expect(once(socket, 'secureConnect')).rejects.toHaveProperty('code');
});

it('writes one line per transfer, and nothing secret', async () => {
  const lines: string[] = [];
  const log = loggerInto('info', { write: (line) => lines.push(line) });
  const branch = await webBranch({ 'a.txt': 'SET A 1' }, { log });
  const headers = { authorization: 'Basic c2VjcmV0', cookie: 'secret' };
  await webFetch(branch.origin, '/A.txt?password=secret', { headers });
  await webFetch(branch.origin, '/none.txt?password=secret', { headers });
  await webFetch(branch.origin, '/%zz?password=secret', { headers });
  await webFetch(branch.origin, '/a.txt?password=secret', { headers, method: 'POST' });
  await branch.ended(4);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { msg: 'file sent', phone: host, file: 'a.txt', bytes: 7, outcome: 'done', status: 200 },
    { msg: 'file refused', phone: host, file: '/none.txt', status: 404, code: 'NOT_FOUND' },
    { msg: 'file refused', phone: host, file: '/%zz', status: 400, code: 'NAME_MALFORMED' },
    { msg: 'file refused', phone: host, file: '/a.txt', status: 405, code: 'WRITE_REFUSED' },
  ]);
  expect(lines.join('')).not.toMatch(/c2VjcmV0|secret/);
});

it('says once in a while that there were unreadable requests', async () => {
  const lines: string[] = [];
  const log = loggerInto('warn', { write: (line) => lines.push(line) });
  const { origin } = await webBranch({}, { log, limits: { checkMs: 20 } });
  for (let n = 0; n < 5; n += 1) {
    const connection = await RawConnection.open(origin);
    connection.send('\x00garbage\r\n\r\n');
    await connection.closed();
  }
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toContain('unreadable request');
  expect(lines[0]).toContain(host);
});

it('does not wait for ever for a phone that leaves between reading and writing', async () => {
  const buffers = new PieceBuffers();
  const ended = Promise.withResolvers<number>();
  const server = createWebServer((request, response) => {
    const file = {
      ...{ name: 'a.bin', size: 1000, modifiedMs: 0, etag: '""', bytes: undefined },
      read: (target: Buffer) => {
        // From here on the socket takes nothing, but does not say yet that it is closed.
        request.socket.destroy();
        return Promise.resolve(target.length);
      },
      close: () => Promise.resolve(),
    };
    sendPieces(response, file, {
      ...{ first: 0, length: 1000, maxPieceBytes: 1000, buffers, sent: () => undefined },
    }).then(() => {
      ended.resolve(buffers.lentBytes);
    }, ended.reject);
  });
  onTestFinished(() => {
    server.close();
  });
  await listen(server, host, 0);
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await expect(webFetch(`http://${host}:${port}`, '/')).rejects.toHaveProperty('code');
  expect(await ended.promise).toBe(0);
});

it.skipIf(!hasClient('curl'))('resumes a download (curl)', async () => {
  const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, n) => n % 251));
  const { origin } = await webBranch({ 'a.bin': bytes });
  const rest = await runClient('curl', ['-s', '-C', '100000', `${origin}/a.bin`]);
  expect(rest.stdout.equals(bytes.subarray(100_000))).toBe(true);
  const part = await runClient('curl', ['-s', '-0', '-r', '5-9', `${origin}/a.bin`]);
  expect(part.stdout.equals(bytes.subarray(5, 10))).toBe(true);
});

it.skipIf(!hasClient('curl'))('speaks TLS with one who names HTTP/1.0 only (curl)', async () => {
  const branch = await webBranch({ 'a.txt': 'a' }, { name: 'https' });
  const args = ['-sk', '--http1.0', '-w', ' %{http_version}', `${branch.origin}/a.txt`];
  const { status, stdout } = await runClient('curl', args);
  expect([status, String(stdout)]).toEqual([0, 'a 1.1']);
});

it.skipIf(!hasClient('curl'))('saves an unchanged file the way (curl)', async () => {
  const { origin } = await webBranch({ 'a.txt': 'SET A 1' });
  const { headers } = await webFetch(origin, '/a.txt');
  const code = ['-s', '-o', '/dev/null', '-w', '%{http_code}'];
  const asked = ['-H', `If-None-Match: ${headers.etag ?? ''}`, `${origin}/a.txt`];
  expect((await runClient('curl', [...code, ...asked])).stdout.toString()).toBe('304');
  const dated = ['-z', headers['last-modified'] ?? '', `${origin}/a.txt`];
  expect((await runClient('curl', [...code, ...dated])).stdout.toString()).toBe('304');
});

it.skipIf(!hasClient('curl'))('is told at once that it may not upload (curl)', async () => {
  const { origin } = await webBranch({});
  const args = ['-s', '-w', '%{http_code}', '-o', '/dev/null', '-T', '-', `${origin}/a.txt`];
  const { stdout } = await runClient('curl', args, { input: 'x'.repeat(200_000) });
  expect(stdout.toString()).toBe('405');
});

it.skipIf(!hasClient('openssl'))('resumes a TLS session (openssl)', async () => {
  const { port } = await webBranch({}, { name: 'https' });
  const args = ['s_client', '-connect', `${host}:${port}`, '-tls1_2', '-reconnect'];
  const { stdout } = await runClient('openssl', args, { input: '' });
  expect(stdout.toString().match(/^Reused, TLSv1\.2/gm)?.length).toBeGreaterThan(3);
});
