import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { RawConnection } from '../support/raw-connection.ts';
import { ServerProcess } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { webFetch } from '../support/web-fetch.ts';

const name = '2001_96xxdata.txt';

/** A server that believes every telephone, on ports of its own. */
async function branch(): Promise<{ config: string; data: string }> {
  const data = path.join(await tempFolder(), 'data');
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${data}`, 'BindAddress=127.0.0.1', 'StatusPort=0'],
    ...['[FTP]', 'RunFTP=0', '[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'HTTPPort=0'],
    ...['[HTTPS]', 'RunHTTPS=1', 'HTTPSPort=0'],
    ...['[UPLOADS]', 'HTTPBackupProof=none', 'HTTPBackupMaxKB=8192', 'UploadNames=<mac>-phone.cfg'],
  );
  return { config, data };
}

/** Where it listens, as it says itself. */
function originOf(server: ServerProcess, protocol: 'http' | 'https'): string {
  const line = JSON.stringify(server.lines.find(({ msg }) => msg === 'ready'));
  const [, port] =
    new RegExp(`"name":"${protocol.toUpperCase()}"[^}]*"port":(\\d+)`).exec(line) ?? [];
  return `${protocol}://127.0.0.1:${port}`;
}

it('a server that is killed while a telephone saves has the old backup, and takes the next', async () => {
  const { config, data } = await branch();
  const first = await ServerProcess.start(config);
  const body = Buffer.from('ABKNAME001=Anna\n'.repeat(5000));
  const put = (origin: string, bytes: Buffer): Promise<{ status: number }> =>
    webFetch(origin, `/PhoneBackup/${name}`, { method: 'PUT', body: bytes });
  expect(await put(originOf(first, 'https'), body)).toMatchObject({ status: 201 });
  const raw = await RawConnection.open(originOf(first, 'http'));
  raw.send(`PUT /${name} HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n${'x'.repeat(2_000_000)}`);
  const incoming = path.join(data, 'HTTPbackup', '.branchline', 'incoming');
  await expect.poll(() => readdir(incoming), { timeout: 5000 }).toHaveLength(1);
  await first.kill();
  expect(body.equals(await readFile(path.join(data, 'HTTPbackup', name)))).toBe(true);

  const second = await ServerProcess.start(config);
  expect(await readdir(incoming)).toEqual([]);
  const got = await webFetch(originOf(second, 'http'), `/${name}`);
  expect(createHash('sha256').update(got.body).digest()).toEqual(
    createHash('sha256').update(body).digest(),
  );
  expect(await put(originOf(second, 'http'), Buffer.from('new'))).toMatchObject({ status: 204 });
  const poly = '/0004f2abcdef-phone.cfg';
  const saved = { method: 'PUT', body: Buffer.from('<phone/>') };
  expect(await webFetch(originOf(second, 'http'), poly, saved)).toMatchObject({ status: 201 });
  expect((await webFetch(originOf(second, 'https'), poly)).body.toString()).toBe('<phone/>');
  expect(await readdir(path.join(data, 'HTTPdata'))).toEqual([]);
});
