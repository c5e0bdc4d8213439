import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import { describe, expect, it } from 'vitest';
import { checkFiles, ClientSlots } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { tftpFetch } from '#libs/tftp';
import { ftpBranch } from '../support/ftp-branch.ts';
import { phones, serve } from '../support/phone-servers.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { tftpBranch } from '../support/tftp-branch.ts';

const [page = Buffer.alloc(0), archive = Buffer.alloc(0)] = checkFiles.values();
/** FTPS hands out what FTP does, and would only cost the making of an RSA key. */
const own = phones.filter(
  ({ client, transport, protocol }) =>
    client === 'own' && transport === undefined && protocol !== 'ftps',
);

describe.each(own.map((phone) => ({ ...phone, phone })))(
  'check files by $protocol',
  ({ phone }) => {
    it('are there without anybody having put them there (Guide p. 50)', async () => {
      const server = await serve(phone, { 'other.txt': 'o' });
      expect(await phone.get(server, 'test.html')).toEqual(page);
      expect(await phone.get(server, 'TEST.ZIP')).toEqual(archive);
      expect(await phone.get(server, 'folder/test.html')).toBe('not found');
    });

    it('are those of the operator where there are such', async () => {
      const server = await serve(phone, { 'Test.html': 'mine' });
      expect(await phone.get(server, 'test.html')).toEqual(Buffer.from('mine'));
      expect(await phone.get(server, 'test.zip')).toEqual(archive);
    });
  },
);

const byList = own.filter(({ protocol }) => protocol !== 'ftp');

it.each(byList.map((phone) => ({ ...phone, phone })))(
  'by $protocol: who is in no list gets them, and not those of the operator',
  async ({ phone }) => {
    const files = { 'allow_IP.txt': '10.0.0.1', 'test.zip': 'mine', 'other.txt': 'o' };
    const server = await serve(phone, files);
    expect(await phone.get(server, 'other.txt')).toBe('refused');
    expect(await phone.get(server, 'test.zip')).toEqual(archive);
  },
);

it('the watchdog takes no place of a telephone, and gets its files when none is free', async () => {
  const slots = new ClientSlots({ maxClients: 1, sessionMs: 0 });
  const { port } = await tftpBranch({ a: 'a' }, { slots });
  expect(await tftpFetch('127.0.0.1', port, 'test.html')).toEqual(page);
  expect(slots.usage.taken).toBe(0);
  expect(slots.enter('127.0.0.9')).toBe(true);
  await expect(tftpFetch('127.0.0.1', port, 'a', { silenceMs: 50, repeats: 1 })).rejects.toThrow();
  expect(await tftpFetch('127.0.0.1', port, '/test.zip')).toEqual(archive);
  expect(slots.usage.taken).toBe(1);
});

it('the watchdog is asked by FTP for no proof, and sees nothing but check files', async () => {
  const { port } = await ftpBranch(
    { '46xxsettings.txt': 'SET', 'test.html': 'mine' },
    { identifyPhone: () => Promise.reject(new BranchlineError('PHONE_UNVERIFIED', 'silent')) },
  );
  const [telephone, client] = [new Client(), new Client()];
  const to = path.join(await tempFolder(), 'came');
  try {
    await expect(telephone.access({ host: '127.0.0.1', port })).rejects.toThrow('530');
    await client.access({ host: '127.0.0.1', port, user: 'watchdog', password: '' });
    expect((await client.list()).map(({ name, size }) => [name, size])).toEqual([
      ['test.html', page.length],
      ['test.zip', archive.length],
    ]);
    await client.downloadTo(to, 'test.html');
    expect(await readFile(to)).toEqual(page);
    await expect(client.downloadTo(to, '46xxsettings.txt')).rejects.toThrow('550');
    await expect(client.downloadTo(to, '../test.html')).rejects.toThrow('55');
    await expect(client.uploadFrom(Readable.from(['x']), 'test.html')).rejects.toThrow('55');
    await expect(client.remove('test.html')).rejects.toThrow('55');
  } finally {
    telephone.close();
    client.close();
  }
});

it.skipIf(!hasClient('unzip'))('test.zip is an archive that others read (unzip)', async () => {
  const file = path.join(await tempFolder(), 'test.zip');
  await writeFile(file, archive);
  const { status, stdout } = await runClient('unzip', ['-p', file, 'test.html']);
  expect(status).toBe(0);
  expect(stdout).toEqual(page);
  expect((await runClient('unzip', ['-t', file])).status).toBe(0);
});
