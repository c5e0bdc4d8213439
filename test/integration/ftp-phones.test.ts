import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import type { IdentifyPhone } from '#libs/phones';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { ftpBranch } from '../support/ftp-branch.ts';

/** Telephones by address: the extension that is logged in at each. */
const branchOf: Readonly<Record<string, { extension: string; type: string }>> = {
  '127.0.0.1': { extension: '1001', type: '4620D01A' },
  '127.0.0.2': { extension: '1002', type: '4621D01A' },
  '127.0.0.3': { extension: '1001', type: '4610' },
};

const identifyPhone: IdentifyPhone = (address) => {
  const phone = branchOf[address];
  return phone === undefined
    ? Promise.reject(new BranchlineError('PHONE_UNVERIFIED', `${address} is silent`))
    : Promise.resolve(phone);
};

const files = {
  '1001_4620data.txt': 'of 1001',
  '1002_4620data.txt': 'of 1002',
  '1002_4620data_sip.txt': 'sip of 1002',
  'Sun_FTParchive.zip': 'everybody',
  '46xxsettings.txt': 'settings',
};

const text = (got: Buffer | string): string => String(got);

describe('a telephone that answers', () => {
  it.each([
    ['1001_4620data.txt', 'of 1001'],
    ['1001_4620DATA.TXT', 'of 1001'],
    ['4620data.txt', 'of 1001'],
    ['4625data.txt', 'of 1001'],
    ['somewhere/1001_4620data.txt', 'of 1001'],
    ['46xxsettings.txt', 'settings'],
  ])('gets %s', async (name, bytes) => {
    const branch = await ftpBranch(files, { identifyPhone });
    const phone = await FtpDialogue.loggedIn(branch.port);
    expect(text(await phone.retrieve(name))).toBe(bytes);
  });

  it.each([
    ['1002_4620data.txt'],
    ['1002_4620data_sip.txt'],
    ['Sun_FTParchive.zip'],
    ['FTP_allow_IP.txt'],
    ['1002_4620data.txt.bak'],
  ])('does not get %s', async (name) => {
    const branch = await ftpBranch({ ...files, 'FTP_allow_IP.txt': '127.0.0' }, { identifyPhone });
    const phone = await FtpDialogue.loggedIn(branch.port);
    expect(text(await phone.retrieve(name))).toMatch(/^550 .*ACCESS_DENIED/);
    expect(await phone.say(`SIZE ${name}`)).toMatch(/^550 /);
    expect(await phone.say(`MLST ${name}`)).toMatch(/^550 /);
  });

  it('stores its own under its extension and type, and nothing else', async () => {
    const branch = await ftpBranch(files, { identifyPhone });
    const phone = await FtpDialogue.loggedIn(branch.port, { from: '127.0.0.2' });
    const bytes = Buffer.from('\r\n\u00fcml\u00e4ut\n\0', 'utf8');
    expect(await phone.store('4621data_sip.txt', bytes)).toMatch(/^226 /);
    const stored = await readFile(path.join(branch.root, '1002_4620data_sip.txt'));
    expect(stored.equals(bytes)).toBe(true);
    for (const name of ['1001_4620data.txt', 'other.txt', '46xxsettings.txt']) {
      expect(await phone.store(name, 'x')).toMatch(/^55[03] /);
    }
    for (const command of ['DELE 1002_4620data.txt', 'MKD x', 'RMD x', 'RNFR 1002_4620data.txt']) {
      expect([command, await phone.say(command)]).toEqual([
        command,
        expect.stringMatching(/^(553|350) /),
      ]);
    }
    expect(await phone.say('RNTO 1001_4620data.txt')).toMatch(/^553 /);
    expect(await readFile(path.join(branch.root, '1001_4620data.txt'), 'utf8')).toBe('of 1001');
  });

  it('sees only its own names', async () => {
    const branch = await ftpBranch(files, { identifyPhone });
    const phone = await FtpDialogue.loggedIn(branch.port);
    expect(text(await phone.retrieve('', 'NLST'))).toBe('1001_4620data.txt\r\n');
    expect(text(await phone.retrieve('-la', 'LIST'))).toMatch(/^-r.* 1001_4620data\.txt\r\n$/);
    expect(text(await phone.retrieve('', 'MLSD'))).toMatch(
      /^type=file;size=7;.* 1001_4620data\.txt\r\n$/,
    );
  });

  it('finds the data of its user at another telephone of that kind, not of another', async () => {
    const branch = await ftpBranch(files, { identifyPhone });
    const other = await FtpDialogue.loggedIn(branch.port, { from: '127.0.0.3' });
    expect(text(await other.retrieve('1001_4610data.txt'))).toMatch(/^550 /);
    expect(await other.store('4610data.txt', 'of 4610')).toMatch(/^226 /);
    expect(await readFile(path.join(branch.root, '1001_4610data.txt'), 'utf8')).toBe('of 4610');
  });
});

it('lets a telephone that does not answer neither in nor anywhere', async () => {
  const branch = await ftpBranch(files, { identifyPhone });
  const stranger = await FtpDialogue.open(branch.port, '127.0.0.9');
  await stranger.say('USER anonymous');
  expect(await stranger.say('PASS x@')).toMatch(/^530 .*PHONE_UNVERIFIED/);
  for (const command of [
    'EPSV',
    'PASV',
    'RETR 46xxsettings.txt',
    'LIST',
    'CWD /',
    'PWD',
    'STOR x',
  ]) {
    expect(await stranger.say(command)).toMatch(/^530 /);
  }
});

it('without SNMP asks nobody, and takes the name at its word', async () => {
  const branch = await ftpBranch(files);
  const phone = await FtpDialogue.loggedIn(branch.port, { from: '127.0.0.9' });
  expect(text(await phone.retrieve('1002_4620data.txt'))).toBe('of 1002');
  expect(text(await phone.retrieve('4620data.txt'))).toMatch(/^550 .*ACCESS_DENIED/);
  expect(text(await phone.retrieve('', 'NLST'))).toBe('');
});

it('lets in only who is on the access list', async () => {
  const branch = await ftpBranch(files);
  await writeFile(path.join(branch.root, 'FTP_allow_IP.txt'), '127.0.0.1\r\n');
  const listed = await FtpDialogue.loggedIn(branch.port);
  expect(text(await listed.retrieve('1001_4620data.txt'))).toBe('of 1001');
  const other = await FtpDialogue.open(branch.port, '127.0.0.2');
  await other.say('USER anonymous');
  expect(await other.say('PASS x@')).toMatch(/^530 .*ACCESS_DENIED/);
});
