import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { ftpBranch, password, type FtpBranch } from '../support/ftp-branch.ts';
import { startPhoneAgent, phoneOf } from '../support/phone-agent.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { plant, tempTree } from '../support/temp-tree.ts';

const superUser = { user: 'mvuser', password };
const inData = '/data/FTPdata';
const half = randomBytes(2_000_000);

/** Everything below a folder, our own folders included. */
const below = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.partial'));

const content = (branch: FtpBranch, name: string): Promise<string> =>
  readFile(path.join(branch.root, name), 'utf8');

/** Begin an upload of `name` and send half of it. */
async function halfWay(
  port: number,
  name: string,
  who: object = superUser,
): Promise<{ client: FtpDialogue; data: Awaited<ReturnType<FtpDialogue['data']>> }> {
  const client = await FtpDialogue.loggedIn(port, who);
  const data = await client.data(await client.passive());
  expect(await client.say(`STOR ${name}`)).toMatch(/^150 /);
  await new Promise<void>((resolve) => {
    data.write(half, () => {
      resolve();
    });
  });
  return { client, data };
}

it('stores all of a file or nothing: the client dies', async () => {
  const branch = await ftpBranch({ 'a.bin': 'old' });
  const { client, data } = await halfWay(branch.port, `${inData}/a.bin`);
  // As a kernel closes the files of a process that was killed: without a word, in any order.
  data.destroy();
  client.destroy();
  expect(await branch.ended(1)).toMatchObject([{ outcome: 'failed', code: 'PHONE_STOPPED' }]);
  expect(await content(branch, 'a.bin')).toBe('old');
  expect(await below(branch.folder)).toEqual([]);
});

it('stores all of a file or nothing: the network breaks', async () => {
  const branch = await ftpBranch({ 'a.bin': 'old' });
  const { client, data } = await halfWay(branch.port, `${inData}/a.bin`);
  data.resetAndDestroy();
  expect(await client.reply()).toMatch(/^426 /);
  expect(await content(branch, 'a.bin')).toBe('old');
  expect(await below(branch.folder)).toEqual([]);
});

it('stores all of a file or nothing: the client changes its mind', async () => {
  const branch = await ftpBranch({ 'a.bin': 'old' });
  const { client, data } = await halfWay(branch.port, `${inData}/a.bin`);
  client.send(Buffer.from([0xff, 0xf4, 0xff, 0xf2]));
  expect(await client.say('ABOR')).toMatch(/^426 /);
  expect(await client.reply()).toMatch(/^226 /);
  if (!data.destroyed) await once(data, 'close');
  expect(await content(branch, 'a.bin')).toBe('old');
  expect(await client.store(`${inData}/a.bin`, 'new')).toMatch(/^226 /);
  expect(await content(branch, 'a.bin')).toBe('new');
});

it('stores all of a file or nothing: no byte moves any more', async () => {
  const branch = await ftpBranch({ 'a.bin': 'old' }, { limits: { stallMs: 100, checkMs: 20 } });
  const { client } = await halfWay(branch.port, `${inData}/a.bin`);
  expect(await client.reply()).toMatch(/^426 .*PHONE_SILENT/);
  expect(await content(branch, 'a.bin')).toBe('old');
});

it('goes on with a file where it is told, on a copy of its own', async () => {
  const branch = await ftpBranch({ 'a.bin': '0123456789' });
  const client = await FtpDialogue.loggedIn(branch.port, superUser);
  await client.say(`CWD ${inData}`);
  expect(await client.store('a.bin', 'abc', 'APPE')).toMatch(/^226 /);
  expect(await content(branch, 'a.bin')).toBe('0123456789abc');
  expect(await client.say('REST 4')).toMatch(/^350 /);
  expect(await client.store('a.bin', 'XY')).toMatch(/^226 /);
  expect(await content(branch, 'a.bin')).toBe('0123XY');
  expect(await client.say('REST 2')).toMatch(/^350 /);
  expect(String(await client.retrieve('a.bin'))).toBe('23XY');
  await client.say('REST 7');
  expect(String(await client.retrieve('a.bin'))).toMatch(/^554 /);
  await client.say('REST 7');
  expect(await client.store('a.bin', 'x')).toMatch(/^554 /);
  expect(await client.store('new.bin', 'fresh', 'APPE')).toMatch(/^226 /);
  expect(await content(branch, 'new.bin')).toBe('fresh');
});

it('refuses what is too large, and keeps the old file', async () => {
  const branch = await ftpBranch(
    { 'a.bin': 'old', '1001_4620data.txt': 'old' },
    { maxBytes: 1000 },
  );
  const client = await FtpDialogue.loggedIn(branch.port, superUser);
  expect(await client.store(`${inData}/a.bin`, Buffer.alloc(1001))).toMatch(
    /^552 .*FILE_TOO_LARGE/,
  );
  expect(await content(branch, 'a.bin')).toBe('old');
  const phone = await FtpDialogue.loggedIn(branch.port);
  const tooMuch = Buffer.alloc(1024 * 1024 + 1);
  expect(await phone.store('1001_4620data.txt', tooMuch)).toMatch(/^552 .*FILE_TOO_LARGE/);
  expect(await content(branch, '1001_4620data.txt')).toBe('old');
});

it.skipIf(!canMountTmpfs())(
  'says 452 when the disk is full, and keeps the old file (root) (tmpfs)',
  async () => {
    const disk = await smallDisk(4 * 1024 * 1024);
    const branch = await ftpBranch({}, { updates: disk });
    const client = await FtpDialogue.loggedIn(branch.port, superUser);
    expect(await client.store('/data/Updates/a.bin', 'old')).toMatch(/^226 /);
    const much = Buffer.alloc(16 * 1024 * 1024);
    expect(await client.store('/data/Updates/a.bin', much)).toMatch(/^452 .*DISK_FULL/);
    expect(await readFile(path.join(disk, 'a.bin'), 'utf8')).toBe('old');
    expect(await below(disk)).toEqual([]);
    expect(await client.store('/data/Updates/b.bin', 'small')).toMatch(/^226 /);
  },
);

it('keeps the old file when the server is killed, leaves nothing to be seen, and asks telephones by SNMP', async () => {
  const agent = await startPhoneAgent({ objects: phoneOf('4600', '1001', { type: '4620' }) });
  const folder = await tempTree();
  const port = 20_000 + (process.pid % 20_000);
  await plant(folder, {
    'data/FTPdata/1001_4620data.txt': 'old',
    'data/Updates/a.zip': 'old',
    'server.ini': [
      ...['[Settings]', 'DataDir=data', 'BindAddress=127.0.0.1', 'RunStatus=0'],
      ...['[FTP]', `FTPPort=${port}`, 'EnableSU=1', `SUPassword=${password}`],
      ...['[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'RunHTTP=0', '[HTTPS]', 'RunHTTPS=0'],
      ...['[SNMP]', `Port=${agent.port}`, '[MANAGER]', 'ManagerPort=0', ''],
    ].join('\n'),
  });
  const config = path.join(folder, 'server.ini');
  const tree = path.join(folder, 'data');
  const server = await LaunchedServer.launch(config);
  const cut = [
    await halfWay(port, '4620data.txt', {}),
    await halfWay(port, '/data/Updates/a.zip', superUser),
  ];
  await server.kill();
  await Promise.all(cut.map(({ client }) => client.closed()));
  expect(await readFile(path.join(tree, 'FTPdata/1001_4620data.txt'), 'utf8')).toBe('old');
  const again = await LaunchedServer.launch(config);
  try {
    expect(await below(tree)).toEqual([]);
    const client = await FtpDialogue.loggedIn(port, superUser);
    expect(String(await client.retrieve('/data/Updates', 'NLST'))).toBe('a.zip\r\n');
    expect(String(await client.retrieve('/data/Updates/a.zip'))).toBe('old');
    const phone = await FtpDialogue.loggedIn(port);
    expect(await phone.store('1001_4620DATA.txt', 'new')).toMatch(/^226 /);
    expect(String(await phone.retrieve('4620data.txt'))).toBe('new');
    expect(await readFile(path.join(tree, 'FTPdata/1001_4620data.txt'), 'utf8')).toBe('new');
    const asked = await FtpDialogue.open(port, '127.0.0.2');
    await asked.say('USER anonymous');
    expect(await asked.say('PASS x')).toMatch(/^530 .*PHONE_UNVERIFIED/);
  } finally {
    expect(await again.stop()).toBe(0);
  }
});
