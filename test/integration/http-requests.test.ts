import { describe, expect, it } from 'vitest';
import { RawConnection, statusesIn } from '../support/raw-connection.ts';
import { webBranch, type WebBranch } from '../support/web-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

const head = (...lines: string[]): string => [...lines, '', ''].join('\r\n');

/** What one connection gets for these bytes until the server closes it. */
async function exchange({ origin }: WebBranch, bytes: string): Promise<string> {
  const connection = await RawConnection.open(origin);
  connection.send(bytes);
  return await connection.closed();
}

describe.each(['http', 'https'] as const)('%s for telephones', (name) => {
  it('answers HTTP/1.0 and closes', async () => {
    const branch = await webBranch({ 'a.txt': 'SET A 1' }, { name });
    const answer = await exchange(branch, head('GET /a.txt HTTP/1.0'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('\r\nContent-Length: 7\r\n');
    expect(answer).toContain('\r\nConnection: close\r\n');
    expect(answer).toMatch(/\r\n\r\nSET A 1$/);
  });

  it('answers HTTP/1.1 without a Host', async () => {
    const branch = await webBranch({ 'a.txt': 'SET A 1' }, { name });
    const answer = await exchange(branch, head('GET /a.txt HTTP/1.1', 'Connection: close'));
    expect(statusesIn(answer)).toEqual([200]);
  });

  it('keeps the connection for the next request, and closes when told', async () => {
    const branch = await webBranch({ 'a.txt': 'A', 'b.txt': 'B' }, { name });
    const connection = await RawConnection.open(branch.origin);
    connection.send(head('GET /a.txt HTTP/1.1'));
    await connection.until(/\r\n\r\nA$/);
    connection.send(head('GET /missing.txt HTTP/1.1'));
    await connection.until(/404 Not Found\n$/);
    connection.send(head('GET /b.txt HTTP/1.1', 'Connection: close'));
    const all = await connection.closed();
    expect(statusesIn(all)).toEqual([200, 404, 200]);
    expect(all).toMatch(/\r\n\r\nB$/);
  });

  it('keeps an HTTP/1.0 connection when asked to', async () => {
    const branch = await webBranch({ 'a.txt': 'A' }, { name });
    const connection = await RawConnection.open(branch.origin);
    connection.send(head('GET /a.txt HTTP/1.0', 'Connection: keep-alive'));
    await connection.until(/\r\n\r\nA$/);
    connection.send(head('GET /a.txt HTTP/1.0'));
    expect(statusesIn(await connection.closed())).toEqual([200, 200]);
  });

  it('answers requests that were sent ahead in their order, large ones too', async () => {
    const large = 'x'.repeat(2_000_000);
    const branch = await webBranch({ 'a.bin': large, 'b.txt': 'B' }, { name });
    const connection = await RawConnection.open(branch.origin);
    const ask = (file: string, ...more: string[]): string => head(`GET /${file} HTTP/1.1`, ...more);
    connection.send(ask('b.txt') + ask('a.bin') + ask('none') + ask('a.bin', 'Connection: close'));
    const all = await connection.closed();
    expect(statusesIn(all)).toEqual([200, 200, 404, 200]);
    expect(all.split(large)).toHaveLength(3);
    expect(await branch.ended(4)).toMatchObject([
      { name: 'b.txt', bytes: 1, outcome: 'done' },
      { name: 'a.bin', bytes: 2_000_000, outcome: 'done' },
      { outcome: 'refused', code: 'NOT_FOUND' },
      { name: 'a.bin', bytes: 2_000_000, outcome: 'done' },
    ]);
  });

  it('answers who has closed the sending side', async () => {
    const large = 'x'.repeat(2_000_000);
    const branch = await webBranch({ 'a.bin': large }, { name });
    const connection = await RawConnection.open(branch.origin);
    connection.send(head('GET /a.bin HTTP/1.1'));
    connection.end();
    expect((await connection.closed()).endsWith(large)).toBe(true);
  });

  it('answers a 1220 with control bytes in its User-Agent, and then closes', async () => {
    const branch = await webBranch({ '1220.cfg': 'x'.repeat(2_000_000) }, { name });
    const agent = 'User-Agent: AVAYA/SIP12x0\x17/04.00.04.00\xff';
    const answer = await exchange(branch, head('GET /1220.cfg HTTP/1.1', agent));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('\r\nConnection: close\r\n');
    expect(answer.endsWith('x'.repeat(2_000_000))).toBe(true);
    const [transfer] = await branch.ended(1);
    expect(transfer).toMatchObject({ address: '127.0.0.1', outcome: 'done', bytes: 2_000_000 });
    await expect.poll(() => branch.server.connections).toBe(0);
  });

  it('answers such a phone as well when it closes the sending side', async () => {
    const branch = await webBranch({ '1220.cfg': 'SIP' }, { name });
    const connection = await RawConnection.open(branch.origin);
    connection.send(head('GET /1220.cfg HTTP/1.0', 'User-Agent: AVAYA/SIP12x0\x17/04'));
    connection.end();
    expect(await connection.closed()).toMatch(/\r\n\r\nSIP$/);
  });

  it.each([
    ['PUT with a body', 'PUT /a.txt HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'],
    [
      'PUT that asks first',
      'PUT /a.txt HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
    ],
    [
      'POST in chunks',
      'POST /a.txt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    ['DELETE', head('DELETE /a.txt HTTP/1.1', 'Connection: close')],
    ['OPTIONS', head('OPTIONS * HTTP/1.1', 'Connection: close')],
    ['CONNECT', head('CONNECT example.com:443 HTTP/1.1')],
  ])('refuses %s with 405 and what is allowed', async (_, bytes) => {
    const branch = await webBranch({ 'a.txt': 'A' }, { name });
    const answer = await exchange(branch, bytes);
    expect(statusesIn(answer)).toEqual([405]);
    expect(answer).toContain('\r\nAllow: GET, HEAD\r\n');
  });

  it.each([
    ['garbage', '\x00\x01\x02 hello\r\n\r\n'],
    ['TLS or SSH', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['an unknown method', head('FETCH /a.txt HTTP/1.1')],
    ['another protocol', head('GET /a.txt FTP/1.0')],
    [
      'both a length and chunks',
      'GET /a.txt HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', head('GET /a.txt HTTP/1.1', 'Content-Length: 3', 'Content-Length: 4')],
    ['a header without a name', head('GET /a.txt HTTP/1.1', ': x')],
    ['a folded header', 'GET /a.txt HTTP/1.1\r\nA: b\r\n c\r\n: d\r\n\r\n'],
    ['a NUL in a header', head('GET /a.txt HTTP/1.1', 'A: \0')],
    ['a bare carriage return', 'GET /a.txt HTTP/1.1\rHost: a\r\n\r\n'],
    ['bytes beyond ASCII in the target', head('GET /\xe9.txt HTTP/1.1')],
    ['wrong percent-encoding', head('GET /%zz HTTP/1.1', 'Connection: close')],
  ])('refuses %s with 400', async (_, bytes) => {
    const branch = await webBranch({ 'a.txt': 'A' }, { name });
    expect(statusesIn(await exchange(branch, bytes))).toEqual([400]);
    expect((await webFetch(branch.origin, '/a.txt')).status).toBe(200);
  });

  it('refuses headers beyond measure with 431', async () => {
    const limits = { maxHeaderBytes: 4096 };
    const branch = await webBranch({ 'a.txt': 'A' }, { name, limits });
    const answer = await exchange(branch, head('GET /a.txt HTTP/1.1', `A: ${'x'.repeat(6000)}`));
    expect(statusesIn(answer)).toEqual([431]);
  });

  it('ends the answer that is going out before it refuses what follows', async () => {
    const large = 'x'.repeat(2_000_000);
    const branch = await webBranch({ 'a.bin': large }, { name });
    const answer = await exchange(branch, `${head('GET /a.bin HTTP/1.1')}\x00garbage\r\n\r\n`);
    expect(statusesIn(answer)).toEqual([200]);
    expect(answer.endsWith(large)).toBe(true);
  });

  it('cuts who sends requests ahead beyond measure', async () => {
    const branch = await webBranch({ 'a.bin': 'x'.repeat(2_000_000) }, { name });
    const answer = await exchange(branch, head('GET /a.bin HTTP/1.1').repeat(500));
    expect(statusesIn(answer).length).toBeLessThan(40);
    expect((await webFetch(branch.origin, '/a.bin')).status).toBe(200);
  });
});

it.each(['/', '/?x', '//', '/folder', '/folder?C=M;O=A', '/.', '/folder/'])(
  'lists no folder for %j',
  async (target) => {
    const { origin } = await webBranch({ 'folder/secret-name.txt': 'A' });
    const { status, body } = await webFetch(origin, target);
    expect([400, 404]).toContain(status);
    expect(body.toString()).not.toContain('secret-name');
  },
);

it.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/%2E%2E%2Fsecret.txt',
  '/..%5csecret.txt',
  '/a/..%2f..%2fsecret.txt',
  '/%2e%2e%5c%2e%2e%5csecret.txt',
  'http://a/../secret.txt',
])('lets nobody out by %j', async (target) => {
  const { origin } = await webBranch({ 'a/b.txt': 'A' });
  expect((await webFetch(origin, target)).status).toBe(403);
});

it('answers every request with its length, never in chunks', async () => {
  const branch = await webBranch({ 'a.txt': 'A', 'empty.txt': '', 'b.bin': 'x'.repeat(2_000_000) });
  for (const target of ['/a.txt', '/empty.txt', '/b.bin', '/none', '/%zz', '/..']) {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const { headers } = await webFetch(branch.origin, target, { method });
      expect(headers).toHaveProperty('content-length');
      expect(headers).not.toHaveProperty('transfer-encoding');
    }
  }
});

it('tells HEAD what it would tell GET, without the bytes', async () => {
  const { origin } = await webBranch({ 'b.bin': 'x'.repeat(2_000_000) });
  const get = await webFetch(origin, '/b.bin');
  const { status, headers, body } = await webFetch(origin, '/b.bin', { method: 'HEAD' });
  expect([status, body.length]).toEqual([200, 0]);
  expect({ ...headers, date: '' }).toEqual({ ...get.headers, date: '' });
});

it.each(['small', 'large'])(
  'sends a part of a %s file, and 304 while it is unchanged',
  async (kind) => {
    const content = kind === 'small' ? 'SET A 1' : '0123456789'.repeat(300_000);
    const { origin } = await webBranch({ 'a.txt': content });
    const { headers } = await webFetch(origin, '/a.txt');
    const etag = headers.etag ?? '';
    const part = await webFetch(origin, '/a.txt', {
      headers: { range: 'bytes=-5', 'if-range': etag },
    });
    expect(part.status).toBe(206);
    expect(part.body.toString()).toBe(content.slice(-5));
    const { length } = content;
    expect(part.headers['content-range']).toBe(`bytes ${length - 5}-${length - 1}/${length}`);
    const same = await webFetch(origin, '/a.txt', { headers: { 'if-none-match': etag } });
    expect([same.status, same.body.length]).toEqual([304, 0]);
    const beyond = await webFetch(origin, '/a.txt', { headers: { range: `bytes=${length}-` } });
    expect(beyond.status).toBe(416);
  },
);
