import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client } from 'basic-ftp';
import { expect, it, onTestFinished } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { ftpBranch, password } from '../support/ftp-branch.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const big = randomBytes(3 * 1024 * 1024 + 17);
const user = `mvuser:${password}`;

it.skipIf(!hasClient('curl'))('lets a telephone fetch its backup (curl)', async () => {
  const branch = await ftpBranch({ '1001_4620data.txt': 'one' });
  const url = `ftp://127.0.0.1:${branch.port}/1001_4620data.txt`;
  const { status, stdout } = await runClient('curl', ['-s', url]);
  expect([status, String(stdout)]).toEqual([0, 'one']);
  expect(await branch.ended(1)).toMatchObject([
    { server: 'ftp', name: '1001_4620data.txt', bytes: 3, outcome: 'done' },
  ]);
});

it.skipIf(!hasClient('curl')).each([
  ['plain', 'ftp', []],
  ['active', 'ftp', ['--ftp-port', '127.0.0.1']],
  ['PASV', 'ftp', ['--disable-epsv']],
  ['AUTH TLS', 'ftp', ['--ssl-reqd', '-k']],
  ['implicit TLS', 'ftps', ['-k']],
] as const)('stores and gives back large files, %s (curl)', async (_, scheme, options) => {
  const branch = await ftpBranch({}, { name: scheme });
  const folder = await tempFolder();
  await writeFile(path.join(folder, 'up'), big);
  const url = `${scheme}://127.0.0.1:${branch.port}/data/FTPdata/big.bin`;
  const up = await runClient('curl', ['-sS', '-u', user, '-T', 'up', ...options, url], {
    cwd: folder,
  });
  expect([up.status, up.stderr]).toEqual([0, '']);
  expect((await readFile(path.join(branch.root, 'big.bin'))).equals(big)).toBe(true);
  const down = await runClient('curl', ['-sS', '-u', user, ...options, url]);
  expect([down.status, down.stderr]).toEqual([0, '']);
  expect(down.stdout.equals(big)).toBe(true);
});

it.skipIf(!hasClient('lftp')).each([
  ['plain', 'ftp', 'set ftp:ssl-allow no;'],
  ['TLS', 'ftp', 'set ftp:ssl-force yes; set ftp:ssl-protect-data yes;'],
  ['implicit TLS', 'ftps', ''],
] as const)('is a file server for the super user, %s (lftp)', async (_, scheme, options) => {
  const branch = await ftpBranch({ 'sub/old.txt': 'old' }, { name: scheme });
  const folder = await tempFolder();
  await writeFile(path.join(folder, 'up.bin'), big);
  const script = [
    `${options} set ssl:verify-certificate no; set net:max-retries 1; set net:timeout 10;`,
    `open -u mvuser,'${password}' ${scheme}://127.0.0.1:${branch.port};`,
    'cd data/FTPdata; mkdir new; put up.bin -o new/big.bin; mv new/big.bin new/bigger.bin;',
    'get new/bigger.bin -o down.bin; rm sub/old.txt; rmdir sub; cls -1; cls -1 new;',
  ].join(' ');
  const { status, stdout, stderr } = await runClient('lftp', ['-c', script], { cwd: folder });
  expect([status, stderr]).toEqual([0, '']);
  expect(String(stdout)).toBe('new/\nnew/bigger.bin\n');
  expect((await readFile(path.join(folder, 'down.bin'))).equals(big)).toBe(true);
});

it.each([[false], ['implicit'], [true]] as const)(
  'carries files by basic-ftp, TLS: %s',
  async (secure) => {
    const branch = await ftpBranch({}, { name: secure === 'implicit' ? 'ftps' : 'ftp' });
    const client = new Client(10_000);
    onTestFinished(() => {
      client.close();
    });
    await client.access({
      ...{ host: '127.0.0.1', port: branch.port, user: 'mvuser', password, secure },
      secureOptions: { rejectUnauthorized: false, servername: 'localhost' },
    });
    await client.cd('data\\FTPdata');
    await client.uploadFrom(Readable.from([big]), 'big.bin');
    expect(await client.size('big.bin')).toBe(big.length);
    await client.appendFrom(Readable.from([Buffer.from('more')]), 'big.bin');
    const pieces: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        pieces.push(chunk);
        done();
      },
    });
    await client.downloadTo(sink, 'big.bin');
    expect(Buffer.concat(pieces).equals(Buffer.concat([big, Buffer.from('more')]))).toBe(true);
    const listed = await client.list();
    expect(listed.map(({ name, size }) => [name, size])).toEqual([['big.bin', big.length + 4]]);
    await client.remove('big.bin');
    expect(await client.list()).toEqual([]);
  },
);

it.skipIf(!hasClient('busybox'))('speaks with a telephone-like client (busybox)', async () => {
  const branch = await ftpBranch();
  const folder = await tempFolder();
  await writeFile(path.join(folder, 'up'), 'mine');
  const where = ['-P', String(branch.port), '127.0.0.1'];
  const put = await runClient('busybox', ['ftpput', ...where, '1001_4620data.txt', 'up'], {
    cwd: folder,
  });
  expect([put.status, put.stderr]).toEqual([0, '']);
  const get = await runClient('busybox', ['ftpget', ...where, 'down', '1001_4620data.txt'], {
    cwd: folder,
  });
  expect([get.status, get.stderr]).toEqual([0, '']);
  expect(await readFile(path.join(folder, 'down'), 'utf8')).toBe('mine');
});

it.skipIf(!hasClient('python3'))(
  'speaks with ftplib, also in text mode and by TLS (python3)',
  async () => {
    const branch = await ftpBranch({ 'a.txt': 'one\ntwo\n' });
    const script = [
      'import ftplib, io, sys',
      'port, word = int(sys.argv[1]), sys.argv[2]',
      'for kind in (ftplib.FTP, ftplib.FTP_TLS):',
      '    ftp = kind()',
      '    ftp.connect("127.0.0.1", port, 10)',
      '    ftp.login("mvuser", word)',
      '    if kind is ftplib.FTP_TLS: ftp.prot_p()',
      '    for passive in (True, False):',
      '        ftp.set_pasv(passive)',
      '        ftp.cwd("/FTPdata")',
      '        lines = []',
      '        ftp.retrlines("RETR a.txt", lines.append)',
      '        assert lines == ["one", "two"], lines',
      '        ftp.storlines("STOR b.txt", io.BytesIO(b"x\\ny\\n"))',
      '        names = [name for name, facts in ftp.mlsd()]',
      '        assert names == ["a.txt", "b.txt"], names',
      '        assert ftp.nlst() == names',
      '    assert ftp.size("b.txt") == 6',
      '    assert ftp.pwd() == "/FTPdata"',
      '    ftp.delete("b.txt")',
      '    ftp.quit()',
    ];
    const args = ['-c', script.join('\n'), String(branch.port), password];
    const { status, stderr } = await runClient('python3', args);
    expect([status, stderr]).toEqual([0, '']);
  },
);

it.skipIf(!hasClient('openssl'))('agrees on TLS before the log-in (openssl)', async () => {
  const branch = await ftpBranch();
  const args = ['s_client', '-starttls', 'ftp', '-connect', `127.0.0.1:${branch.port}`, '-crlf'];
  const { stdout } = await runClient('openssl', [...args, '-quiet'], {
    input: 'NOOP\nQUIT\n',
  });
  expect(String(stdout)).toMatch(/200 .*\r\n221 /s);
});

it.skipIf(!hasClient('curl')).each([
  ['that does', [], 'bytes', 'done'],
  ['that does not', ['--no-sessionid'], '', 'refused'],
] as const)(
  'where it is asked for, data must resume a TLS session: a client %s (curl)',
  async (_, options, bytes, outcome) => {
    const branch = await ftpBranch({ 'a.txt': 'bytes' }, { resumedOnly: true });
    const url = `ftp://127.0.0.1:${branch.port}/a.txt`;
    const { stdout } = await runClient('curl', ['-sk', '--ssl-reqd', ...options, url]);
    expect(String(stdout)).toBe(bytes);
    expect(await branch.ended(1)).toMatchObject([{ server: 'ftps', outcome }]);
  },
);

it('tells clients behind NAT the address that they know', async () => {
  const branch = await ftpBranch({}, { passiveAddress: '192.0.2.7' });
  const client = await FtpDialogue.loggedIn(branch.port);
  expect(await client.say('PASV')).toMatch(/^227 .*\(192,0,2,7,\d+,\d+\)/);
});

it('sends active data from the port that is named', async () => {
  const activePort = await freeTcpPort();
  const branch = await ftpBranch({ 'a.txt': 'bytes' }, { activePort });
  const client = await FtpDialogue.loggedIn(branch.port);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connected = once(server, 'connection');
  await client.say(`EPRT |1|127.0.0.1|${port}|`);
  expect(await client.say('RETR a.txt')).toMatch(/^150 /);
  const [socket] = (await connected) as [Socket];
  expect(socket.remotePort).toBe(activePort);
  expect(String(Buffer.concat(await socket.toArray()))).toBe('bytes');
  expect(await client.reply()).toMatch(/^226 /);
});
