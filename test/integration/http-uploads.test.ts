import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NamePatterns } from '#libs/backups';
import { TreeDelivery } from '#libs/delivery';
import { backupStore } from '../support/backup-store.ts';
import { RawConnection, statusesIn } from '../support/raw-connection.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { uploadBranch } from '../support/upload-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

const name = '2001_96xxdata.txt';
const put = (target: string, body: string, headers = ''): string =>
  `PUT ${target} HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

/** Send bytes, and tell the statuses of the answers once the server has closed. */
async function statuses(origin: string, ...pieces: readonly string[]): Promise<number[]> {
  const connection = await RawConnection.open(origin);
  for (const piece of pieces) connection.send(piece);
  connection.end();
  return statusesIn(await connection.closed());
}

describe.each(['http', 'https'] as const)('a backup by %s', (server) => {
  it('is saved with 201, replaced with 204, given back, removed with 204 and then not there', async () => {
    const branch = await uploadBranch({ name: server });
    const url = `/PhoneBackup/${name}`;
    const send = async (method: string, body?: Buffer): Promise<number> =>
      (await webFetch(branch.origin, url, { method, ...(body && { body }) })).status;
    const first = randomBytes(70_000);
    expect(await send('PUT', first)).toBe(201);
    const got = await webFetch(branch.origin, url);
    expect(first.equals(got.body)).toBe(true);
    expect(await send('PUT', Buffer.from('second'))).toBe(204);
    // Whatever folder BRURI names and however the name is spelled, it is the same backup.
    const again = await webFetch(branch.origin, '/2001_96XXDATA.TXT?x=1');
    expect(again.body.toString()).toBe('second');
    expect(await send('DELETE')).toBe(204);
    expect(await send('DELETE')).toBe(404);
    expect((await webFetch(branch.origin, url)).status).toBe(404);
    expect(await branch.store.versions(name)).toHaveLength(2);
    const transfers = await branch.ended(7);
    expect(transfers.slice(0, 3)).toMatchObject([
      { direction: 'upload', name, bytes: 70_000, outcome: 'done' },
      { direction: 'download', name, bytes: 70_000, outcome: 'done' },
      { direction: 'upload', name, bytes: 6, outcome: 'done' },
    ]);
    expect(transfers[4]).toMatchObject({ direction: 'removal', name, bytes: 0, outcome: 'done' });
  });

  it('goes on on one connection, bodies in a row', async () => {
    const branch = await uploadBranch({ name: server });
    const connection = await RawConnection.open(branch.origin);
    for (let n = 0; n < 3; n += 1) connection.send(put(`/200${n}_96xxdata.txt`, 'x'.repeat(n)));
    connection.send(`GET /2002_96xxdata.txt HTTP/1.1\r\nConnection: close\r\n\r\n`);
    const received = await connection.closed();
    expect(statusesIn(received)).toEqual([201, 201, 201, 200]);
    expect(received).toMatch(/\r\n\r\nxx$/);
  });

  it('in chunks, and after "100 Continue"', async () => {
    const branch = await uploadBranch({ name: server });
    const connection = await RawConnection.open(branch.origin);
    connection.send(
      `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    await connection.until(/100 Continue\r\n\r\n$/);
    connection.send('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    expect(statusesIn(await connection.closed())).toEqual([100, 201]);
    expect(await readFile(path.join(branch.folder, name), 'utf8')).toBe('abcde');
  });

  it('that is refused is not asked for after "Expect"', async () => {
    const branch = await uploadBranch({ name: server, proof: 'snmp' });
    const connection = await RawConnection.open(branch.origin);
    connection.send(`PUT /${name} HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`);
    expect(statusesIn(await connection.closed())).toEqual([403]);
  });
});

describe('an interrupted PUT', () => {
  it.each([
    ['a body shorter than announced', `PUT /${name} HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf`],
    [
      'chunks without an end',
      `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`,
    ],
    ['half a chunk', `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf`],
  ])('leaves the old file: %s', async (_, bytes) => {
    for (const how of ['end', 'destroy'] as const) {
      const branch = await uploadBranch();
      await webFetch(branch.origin, `/${name}`, { method: 'PUT', body: Buffer.from('old') });
      const connection = await RawConnection.open(branch.origin);
      connection.send(bytes);
      await expect.poll(() => readdir(path.join(branch.folder, '.branchline'))).toBeDefined();
      connection[how]();
      await connection.closed();
      const [, cut] = await branch.ended(2);
      expect(cut?.outcome).not.toBe('done');
      expect(await readFile(path.join(branch.folder, name), 'utf8')).toBe('old');
      expect(await readdir(path.join(branch.folder, '.branchline', 'incoming'))).toEqual([]);
    }
  });

  it('by garbage between chunks is told so, and leaves the old file', async () => {
    const branch = await uploadBranch();
    const connection = await RawConnection.open(branch.origin);
    connection.send(
      `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`,
    );
    expect(statusesIn(await connection.closed())).toEqual([400]);
    expect(await readdir(branch.folder)).toEqual(['.branchline']);
  });

  it.each([
    ['stops', { stallMs: 300 }, undefined],
    ['comes in drops', { stallMs: 500, minBytesPerSecond: 1000 }, 50],
  ])('that %s is told so in time, and leaves nothing', async (_, limits, everyMs) => {
    const branch = await uploadBranch({ limits: { ...limits, checkMs: 50 } });
    const connection = await RawConnection.open(branch.origin);
    connection.send(`PUT /${name} HTTP/1.1\r\nContent-Length: 9000\r\n\r\nx`);
    const drip = setInterval(() => {
      if (everyMs !== undefined) connection.send('x');
    }, everyMs ?? 1000);
    try {
      expect(statusesIn(await connection.closed())).toEqual([408]);
    } finally {
      clearInterval(drip);
    }
    expect(await branch.ended(1)).toMatchObject([{ outcome: 'refused', code: 'PHONE_SILENT' }]);
    expect(await readdir(branch.folder)).toEqual(['.branchline']);
  });
});

describe('a PUT that is refused', () => {
  it.each([
    [
      'both lengths',
      `PUT /${name} HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'two lengths',
      `PUT /${name} HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
      400,
    ],
    [
      'an unknown coding',
      `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['no length', `PUT /${name} HTTP/1.1\r\n\r\n`, 400],
    ['a packed body', put(`/${name}`, 'x', 'Content-Encoding: gzip\r\n'), 400],
    ['a part', put(`/${name}`, 'x', 'Content-Range: bytes 0-0/9\r\n'), 400],
    ['POST of a backup', put(`/${name}`, 'x').replace('PUT', 'POST'), 405],
    ['another name', put('/46xxsettings.txt', 'x'), 403],
    ['a name of 300 bytes', put(`/${'1'.repeat(300)}_96xxdata.txt`, 'x'), 403],
    ['a folder', put('/', 'x'), 403],
    ['a climbing name', put(`/../${name}`, 'x'), 403],
    ['a climbing name in percents', put(`/%2e%2e%2f${name}`, 'x'), 403],
    ['a climbing name with backslashes', put(`/..\\${name}`, 'x'), 403],
    ['what is ours', put(`/.branchline/${name}`, 'x'), 403],
    ['a NUL', put(`/a%00b/${name}`, 'x'), 400],
    ['half a percent', put(`/%/${name}`, 'x'), 400],
    ['two percents', put(`/%252e%252e/..%2f${name}`, 'x'), 403],
    ['no extension', put('/_96xxdata.txt', 'x'), 403],
    ['too many bytes', `PUT /${name} HTTP/1.1\r\nContent-Length: 9000000\r\n\r\nx`, 413],
    [
      'too many chunks',
      `PUT /${name} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n900000\r\n${'x'.repeat(9_437_184)}\r\n0\r\n\r\n`,
      413,
    ],
  ])('for %s', async (_, bytes, status) => {
    const branch = await uploadBranch({ limits: { drainMs: 100, checkMs: 50 } });
    const [first] = await statuses(branch.origin, bytes);
    expect(first).toBe(status);
    expect(await readdir(branch.folder)).toEqual(['.branchline']);
    expect(await readdir(branch.deviceFolder)).toEqual(['.branchline']);
    expect(await readdir(path.join(branch.folder, '.branchline', 'incoming'))).toEqual([]);
  });

  it('for an access list, whatever names are open', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    const trees = { HTTP: folder };
    const reading = new TreeDelivery({ trees, cacheBytes: 1024 });
    const names = new NamePatterns(['*.txt']);
    const branch = await uploadBranch({
      uploads: [{ kind: 'device', names, store, reading, proof: undefined }],
    });
    const saved = async (file: string): Promise<number> =>
      (await webFetch(branch.origin, file, { method: 'PUT', body: Buffer.from('10.0.0.1') }))
        .status;
    expect(await saved('/open.txt')).toBe(201);
    for (const file of ['/allow_IP.txt', '/HTTP_ALLOW_ip.txt', '/a%5cTFTP_allow_IP.txt']) {
      expect([file, await saved(file)]).toEqual([file, 403]);
    }
    expect((await webFetch(branch.origin, '/open.txt')).status).toBe(200);
  });

  it('where nothing may be saved', async () => {
    const branch = await uploadBranch({ uploads: [] });
    const answer = await webFetch(branch.origin, `/${name}`, { method: 'PUT', body: Buffer.of(1) });
    expect({ ...answer.headers, status: answer.status }).toMatchObject({
      status: 405,
      allow: 'GET, HEAD',
    });
  });

  it('is heard out before the connection ends, so that the answer arrives', async () => {
    const branch = await uploadBranch();
    const socket = connect(branch.port, '127.0.0.1');
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    const closed = once(socket, 'close');
    const request = put('/closed.txt', 'x'.repeat(900_000));
    socket.write(request.slice(0, 500_000));
    const [answer] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    expect(statusesIn(answer)).toEqual([403]);
    socket.write(request.slice(500_000));
    await closed;
    expect(errors).toEqual([]);
  });

  it('by the access list, as are reading and removing', async () => {
    const branch = await uploadBranch({ files: { 'allow_IP.txt': '10.0.0.1\n' } });
    for (const method of ['PUT', 'GET', 'DELETE']) {
      expect((await webFetch(branch.origin, `/${name}`, { method })).status).toBe(403);
    }
    expect((await branch.ended(3)).map(({ code }) => code)).toEqual([
      'ACCESS_DENIED',
      'ACCESS_DENIED',
      'ACCESS_DENIED',
    ]);
  });

  it('where a folder is in the way', async () => {
    const branch = await uploadBranch();
    await mkdir(path.join(branch.folder, name));
    const body = Buffer.from('x');
    expect((await webFetch(branch.origin, `/${name}`, { method: 'PUT', body })).status).toBe(400);
  });

  it.skipIf(!canMountTmpfs())(
    'with 507 on a full disk, and the old one stays (mount)',
    async () => {
      const backups = await smallDisk(1024 * 1024);
      const branch = await uploadBranch({ backups });
      const send = async (bytes: number): Promise<number> => {
        const body = Buffer.alloc(bytes, 'x');
        return (await webFetch(branch.origin, `/${name}`, { method: 'PUT', body })).status;
      };
      expect(await send(400_000)).toBe(201);
      expect(await send(900_000)).toBe(507);
      const got = await webFetch(branch.origin, `/${name}`);
      expect(got.body).toHaveLength(400_000);
    },
  );
});

describe('a backup is never looked for in the tree', () => {
  it('nor is the tree changed', async () => {
    const branch = await uploadBranch({ files: { [name]: 'in the tree', [`x/${name}`]: 'there' } });
    expect((await webFetch(branch.origin, `/${name}`)).status).toBe(404);
    expect((await webFetch(branch.origin, `/x/${name}`)).status).toBe(404);
    await webFetch(branch.origin, `/${name}`, { method: 'PUT', body: Buffer.from('saved') });
    expect((await webFetch(branch.origin, `/x/${name}`)).body.toString()).toBe('saved');
    expect(await readFile(path.join(branch.root, name), 'utf8')).toBe('in the tree');
  });
});

describe('files of other makers', () => {
  const config = '0004f2abcdef-phone.cfg';

  it('are saved by PUT and POST under open names, and given back before the tree', async () => {
    const branch = await uploadBranch({ files: { [config]: 'seed' } });
    const send = async (method: string, target: string): Promise<number> =>
      (await webFetch(branch.origin, target, { method, body: Buffer.from(target) })).status;
    expect((await webFetch(branch.origin, `/${config}`)).body.toString()).toBe('seed');
    expect(await send('PUT', `/${config}?user=x`)).toBe(201);
    expect((await webFetch(branch.origin, `/${config}`)).body.toString()).toBe(`/${config}?user=x`);
    expect(await send('POST', '/logs/0004f2abcdef-app.log')).toBe(201);
    expect(await send('PUT', `/other/${config}`)).toBe(403);
    expect(await send('DELETE', `/${config}`)).toBe(405);
    expect(await send('PUT', '/inno-1.txt')).toBe(201);
    expect(await send('PUT', '/inno-2.txt')).toBe(507);
    expect(await send('PUT', '/inno-1.txt')).toBe(204);
  });
});

it.each([
  'allow_IP.txt',
  'HTTP_allow_ip.TXT',
  '46xxsettings.txt',
  '96X1Supgrade.txt',
  'fxd_settings.txt',
])('no device saves %s, whatever names are open', async (script) => {
  const store = await backupStore(await tempFolder());
  const branch = await uploadBranch();
  const reading = branch.delivery;
  const names = new NamePatterns(['*']);
  const wide = await uploadBranch({
    uploads: [{ kind: 'device', names, store, reading, proof: undefined }],
  });
  const send = { method: 'PUT', body: Buffer.from('x') };
  expect((await webFetch(wide.origin, '/other.txt', send)).status).toBe(201);
  expect((await webFetch(wide.origin, `/${script}`, send)).status).toBe(403);
  expect((await webFetch(wide.origin, `/\\${script}`, send)).status).toBe(403);
});

describe('1,000 idle connections', () => {
  it('that each began a PUT keep nobody from saving', { timeout: 20_000 }, async () => {
    const branch = await uploadBranch({ limits: { maxConnectionsPerAddress: 2000 } });
    const idle = await Promise.all(
      Array.from({ length: 1000 }, () => RawConnection.open(branch.origin)),
    );
    const started = Buffer.alloc(30_000, 'x').toString('latin1');
    for (const connection of idle) {
      connection.send(`PUT /${name} HTTP/1.1\r\nContent-Length: 60000\r\n\r\n${started}`);
    }
    await expect.poll(() => branch.store.bufferedBytes).toBeGreaterThan(20_000_000);
    expect(branch.store.bufferedBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    const body = Buffer.from('saved meanwhile');
    expect((await webFetch(branch.origin, `/${name}`, { method: 'PUT', body })).status).toBe(201);
    for (const connection of idle) connection.destroy();
    await expect.poll(() => branch.store.bufferedBytes).toBe(0);
    await expect.poll(() => branch.server.connections).toBeLessThan(5);
  });
});
