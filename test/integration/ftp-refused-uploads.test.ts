import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'basic-ftp';
import { expect, it, onTestFinished } from 'vitest';
import {
  ftpBranch,
  password,
  type FtpBranch,
  type FtpBranchOptions,
} from '../support/ftp-branch.ts';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { askFtp } from '../support/phones/ftp-wire.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** More than both kernels hold: the client is in the middle of it when it is refused. */
const large = randomBytes(12 * 1024 * 1024);

interface Refusal {
  readonly title: string;
  readonly user: string;
  readonly name: string;
  readonly reply: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    title: 'a telephone may not store it',
    ...{ user: 'anonymous', name: 'firmware.bin', reply: /553 .*WRITE_REFUSED/ },
  },
  {
    title: 'it is a folder',
    ...{ user: 'mvuser', name: 'FTPdata', reply: /553 .*WRITE_REFUSED/ },
  },
  {
    title: 'there is no such folder',
    ...{ user: 'mvuser', name: 'Secrets/a.bin', reply: /550 .*NOT_FOUND/ },
  },
  {
    title: 'it is too large',
    ...{ user: 'mvuser', name: 'FTPdata/a.bin', reply: /552 .*FILE_TOO_LARGE/ },
  },
];

const branchFor = (secure: boolean, options: FtpBranchOptions = {}): Promise<FtpBranch> =>
  ftpBranch({ 'a.bin': 'old' }, { name: secure ? 'ftps' : 'ftp', maxBytes: 1000, ...options });

const cases = refusals.flatMap((refusal) =>
  [false, true].map((secure) => ({ ...refusal, secure, by: secure ? 'FTPS' : 'FTP' })),
);

it.each(cases)(
  'tells why an upload is refused by $by, and does not cut: $title (basic-ftp)',
  async ({ user, name, reply, secure }) => {
    const branch = await branchFor(secure);
    const client = new Client(10_000);
    onTestFinished(() => {
      client.close();
    });
    await client.access({
      ...{ host: '127.0.0.1', port: branch.port, user, password },
      secure: secure ? 'implicit' : false,
      secureOptions: { rejectUnauthorized: false, servername: 'localhost' },
    });
    await expect(client.uploadFrom(Readable.from([large]), name)).rejects.toThrow(reply);
    // The session goes on.
    await expect(client.uploadFrom(Readable.from([large]), name)).rejects.toThrow(reply);
    expect(await readFile(path.join(branch.root, 'a.bin'), 'utf8')).toBe('old');
  },
);

it.skipIf(!hasClient('curl')).each(cases)(
  'tells why an upload is refused by $by, and does not cut: $title (curl)',
  async ({ user, name, reply, secure }) => {
    const branch = await branchFor(secure);
    const folder = await tempFolder();
    await writeFile(path.join(folder, 'up'), large);
    const url = `${secure ? 'ftps' : 'ftp'}://127.0.0.1:${branch.port}/${name}`;
    const args = ['-svk', '--ftp-method', 'nocwd', '-u', `${user}:${password}`, '-T', 'up', url];
    const { status, stderr } = await runClient('curl', args, { cwd: folder });
    expect(stderr).toMatch(reply);
    // 25: refused before the first byte; 70: it knows 552 after the last.
    expect([25, 70]).toContain(status);
  },
);

it.skipIf(!hasClient('lftp')).each(cases)(
  'tells why an upload is refused by $by, and does not cut: $title (lftp)',
  async ({ user, name, reply, secure }) => {
    const branch = await branchFor(secure);
    const folder = await tempFolder();
    await writeFile(path.join(folder, 'up'), large);
    const script = [
      'set net:max-retries 1; set net:timeout 5; set cmd:fail-exit yes;',
      `set ssl:verify-certificate no; set ftp:ssl-allow ${secure ? 'yes' : 'no'};`,
      `open -u ${user},'${password}' ${secure ? 'ftps' : 'ftp'}://127.0.0.1:${branch.port};`,
      `put up -o ${name};`,
    ].join(' ');
    const { status, stderr } = await runClient('lftp', ['-c', script], { cwd: folder });
    expect(stderr).toMatch(reply);
    expect(status).toBe(1);
  },
);

it.skipIf(!hasClient('curl'))(
  'tells a client that does not resume its TLS session why its upload is refused (curl)',
  async () => {
    const branch = await branchFor(false, { resumedOnly: true, maxBytes: large.length });
    const folder = await tempFolder();
    await writeFile(path.join(folder, 'up'), large);
    const url = `ftp://127.0.0.1:${branch.port}/FTPdata/a.bin`;
    const args = ['-svk', '--ssl-reqd', '--no-sessionid', '-u', `mvuser:${password}`, '-T', 'up'];
    const { stderr } = await runClient('curl', [...args, url], { cwd: folder });
    expect(stderr).toMatch(/425 .*DATA_CONNECTION_FAILED/);
    expect(await readFile(path.join(branch.root, 'a.bin'), 'utf8')).toBe('old');
  },
);

it('does not reset a data connection on which bytes came before the refusal', async () => {
  const branch = await branchFor(false);
  const client = await FtpDialogue.loggedIn(branch.port);
  const data = await client.data(await client.passive());
  const errors: unknown[] = [];
  data.on('error', (error) => errors.push(error));
  data.write('impatient');
  expect(await client.say('STOR firmware.bin')).toMatch(/^553 /);
  const ended = data.toArray();
  data.end('more');
  expect(await ended).toEqual([]);
  expect(errors).toEqual([]);
  expect(await client.say('NOOP')).toMatch(/^200 /);
});

it('cuts a client that sends on and on after the refusal', async () => {
  const branch = await branchFor(false);
  const client = await FtpDialogue.loggedIn(branch.port, { user: 'mvuser', password });
  const data = await client.data(await client.passive());
  await client.say('STOR /FTPdata/a.bin');
  const closed = new Promise((resolve) => data.once('close', resolve));
  const more = (): void => {
    while (!data.destroyed && data.write(large));
  };
  data.on('drain', more);
  more();
  expect(await client.reply()).toMatch(/^552 /);
  await closed;
});

it('holds nothing of a telephone that hangs up after the refusal without TLS on its data connection', async () => {
  const branch = await branchFor(true);
  const who = { host: '127.0.0.1', port: branch.port, from: '127.0.0.1', mode: 'passive' } as const;
  const { status } = await askFtp({ ...who, name: 'none.txt', secure: true, keptBytes: 0 });
  expect(status).toBe(404);
  // The farewell to a client that speaks TLS lasts five seconds at most; this one is gone.
  const ended = branch.passive.stop().then(() => 'ended');
  expect(await Promise.race([ended, sleep(4_000, 'held')])).toBe('ended');
});
