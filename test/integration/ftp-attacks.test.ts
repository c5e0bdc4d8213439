import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loggerInto } from '#libs/observe';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { ftpBranch, password } from '../support/ftp-branch.ts';

const superUser = { user: 'mvuser', password };

it.each([
  ['PORT 192,0,2,1,20,0', 504],
  ['PORT 127,0,0,2,20,0', 504],
  ['PORT 127,0,0,1,0,80', 504],
  ['PORT 127,0,0,1,3,255', 504],
  ['EPRT |1|192.0.2.1|5000|', 504],
  ['EPRT |1|127.0.0.1|22|', 504],
  ['EPRT |2|::1|5000|', 504],
  ['PORT 127,0,0,1,256,1', 501],
  ['PORT 127,0,0,1', 501],
  ['EPRT |1|127.0.0.1|70000|', 501],
  ['EPRT |3|127.0.0.1|5000|', 501],
  ['EPRT', 501],
])('connects nowhere for %s', async (command, code) => {
  const branch = await ftpBranch();
  const client = await FtpDialogue.loggedIn(branch.port);
  expect((await client.say(command)).slice(0, 3)).toBe(String(code));
  expect(await client.say('NLST')).toMatch(/^425 /);
});

it('gives a data connection to nobody but the client that was promised it', async () => {
  const branch = await ftpBranch({ 'a.bin': 'secret bytes' }, { ports: { any: 1 } });
  const client = await FtpDialogue.loggedIn(branch.port);
  const port = await client.passive();
  const thief = await client.data(port, '127.0.0.2');
  await once(thief, 'close');
  expect(thief.bytesRead).toBe(0);
  const own = await client.data(port);
  const received = own.setEncoding('utf8').toArray();
  expect(await client.say('RETR a.bin')).toMatch(/^150 /);
  expect((await received).join('')).toBe('secret bytes');
});

it('takes one data connection per PASV', async () => {
  const branch = await ftpBranch({ 'a.bin': 'bytes' }, { ports: { any: 1 } });
  const client = await FtpDialogue.loggedIn(branch.port);
  const port = await client.passive();
  const first = await client.data(port);
  const second = await client.data(port);
  await once(second, 'close');
  expect(first.destroyed).toBe(false);
});

it('promises a port once to an address, and to others meanwhile', async () => {
  const branch = await ftpBranch({}, { ports: { any: 1 } });
  const one = await FtpDialogue.loggedIn(branch.port);
  const two = await FtpDialogue.loggedIn(branch.port);
  const other = await FtpDialogue.loggedIn(branch.port, { from: '127.0.0.2' });
  await one.passive();
  expect(await two.say('EPSV')).toMatch(/^425 /);
  expect(await other.passive()).toBeGreaterThan(0);
  await one.say('NOOP');
  one.destroy();
  await one.closed();
  for (let answer = ''; !answer.startsWith('229');) answer = await two.say('EPSV');
});

it('forgets a promise that nobody keeps', async () => {
  const branch = await ftpBranch({ 'a.bin': 'x' }, { ports: { any: 1 }, promiseMs: 30 });
  const client = await FtpDialogue.loggedIn(branch.port);
  await client.passive();
  expect(await client.say('RETR a.bin')).toMatch(/^425 /);
  expect(await client.passive()).toBeGreaterThan(0);
});

it.each([
  ['../secret/key.pem'],
  ['..\\secret\\key.pem'],
  ['/data/FTPdata/../../../secret/key.pem'],
  ['/etc/passwd'],
  ['C:/secret/key.pem'],
  ['/data/FTPdata/.branchline/note'],
  ['/data/FTPdata/link/key.pem'],
  ['/data/FTPdata/link'],
  ['/data/secret/key.pem'],
  ['/data/FTPdata/a\0b'],
])('lets the super user neither read nor change %j', async (name) => {
  const branch = await ftpBranch();
  await symlink(path.join(branch.folder, 'secret'), path.join(branch.root, 'link'));
  const client = await FtpDialogue.loggedIn(branch.port, superUser);
  await client.say('CWD /data/FTPdata');
  expect(String(await client.retrieve(name))).toMatch(/^5\d\d /);
  for (const verb of ['SIZE', 'MDTM', 'MLST', 'CWD', 'RMD']) {
    expect(await client.say(`${verb} ${name}`)).toMatch(/^5\d\d /);
  }
  // The link itself is his to replace and to remove.
  if (name !== '/data/FTPdata/link') {
    expect(await client.store(name, 'x')).toMatch(/^5\d\d /);
    expect(await client.say(`DELE ${name}`)).toMatch(/^5\d\d /);
    expect(await client.say(`RNFR ${name}`)).toMatch(/^5\d\d /);
  }
  const folder = path.join(branch.folder, 'secret');
  expect(await readdir(folder)).toEqual(['key.pem']);
  expect(await readFile(path.join(folder, 'key.pem'), 'utf8')).toBe('secret');
  expect(String(await client.retrieve('/data/FTPdata', 'NLST'))).not.toMatch(/branchline|link/);
});

it('refuses renaming out of the folders, over them and of them', async () => {
  const branch = await ftpBranch({ 'a.txt': 'a' });
  await mkdir(path.join(branch.root, 'sub'));
  const client = await FtpDialogue.loggedIn(branch.port, superUser);
  for (const to of ['/x', '/data/x', '/data/FTPdata', '../x', '/data/FTPdata/.branchline/x']) {
    await client.say('RNFR /data/FTPdata/a.txt');
    expect(await client.say(`RNTO ${to}`)).toMatch(/^55\d /);
  }
  expect(await client.say('RMD /data/FTPdata')).toMatch(/^553 /);
  expect(await client.say('RMD /data')).toMatch(/^553 /);
  expect(await readFile(path.join(branch.root, 'a.txt'), 'utf8')).toBe('a');
});

it('makes guessing passwords slow, then shuts the door, and logs no password', async () => {
  const lines: string[] = [];
  const log = loggerInto('debug', { write: (line) => lines.push(line) });
  const branch = await ftpBranch({}, { log });
  const guess = async (word: string): Promise<string> => {
    const client = await FtpDialogue.open(branch.port, '127.0.0.7');
    await client.say('USER mvuser');
    return await client.say(`PASS ${word}`);
  };
  const startedAt = performance.now();
  expect(await guess('guess-1')).toMatch(/^530 /);
  expect(performance.now() - startedAt).toBeGreaterThan(400);
  await Promise.all(Array.from({ length: 9 }, (_, n) => guess(`guess-${n}`)));
  expect(await guess(password)).toMatch(/^530 /);
  expect((await FtpDialogue.loggedIn(branch.port, superUser)).address).toBe('127.0.0.1');
  expect(lines.join('')).toContain('LOGIN_REFUSED');
  expect(lines.join('')).not.toMatch(/guess-\d|a good word/);
});

it('cuts a client that sends commands in plain text behind AUTH TLS', async () => {
  const branch = await ftpBranch();
  const client = await FtpDialogue.open(branch.port);
  client.send('AUTH TLS\r\nUSER anonymous\r\n');
  expect(await client.reply()).toMatch(/^234 /);
  await client.closed();
});

it('survives garbage, long lines and floods of commands', async () => {
  const branch = await ftpBranch({ 'a.bin': 'bytes' });
  const client = await FtpDialogue.open(branch.port);
  client.send(Buffer.alloc(100_000, 0x41));
  client.send('\r\n');
  expect(await client.reply()).toMatch(/^500 /);
  client.send('NOOP\r\n'.repeat(5_000));
  for (let n = 0; n < 5_000; n += 1) expect(await client.reply()).toMatch(/^200 /);
  const other = await FtpDialogue.loggedIn(branch.port);
  expect(String(await other.retrieve('a.bin'))).toBe('bytes');
});

it('bounds the sessions of one address, and of all', async () => {
  const branch = await ftpBranch({}, { limits: { maxSessionsPerAddress: 2, maxSessions: 3 } });
  await FtpDialogue.open(branch.port);
  await FtpDialogue.open(branch.port);
  const third = await FtpDialogue.open(branch.port);
  await third.closed();
  expect(branch.server.sessions).toBe(2);
  await FtpDialogue.open(branch.port, '127.0.0.2');
  const fourth = await FtpDialogue.open(branch.port, '127.0.0.3');
  await fourth.closed();
  expect(branch.server.sessions).toBe(3);
});

it('does not wait for an active client that never answers longer than it must', async () => {
  const branch = await ftpBranch({ 'a.bin': 'bytes' });
  const refusing = createServer().listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const address = refusing.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  refusing.close();
  onTestFinished(() => {
    refusing.close();
  });
  const client = await FtpDialogue.loggedIn(branch.port);
  expect(await client.say(`EPRT |1|127.0.0.1|${port}|`)).toMatch(/^200 /);
  expect(await client.say('RETR a.bin')).toMatch(/^425 /);
});
