import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { phoneProof, RememberedPasswords } from '#libs/backups';
import { Journal, MirrorBook } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type { IdentifyPhone } from '#libs/phones';
import { MirrorScan, PasswordsFolder } from '#libs/sync';
import { fetched, sha256Of } from '../support/fetched-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Twin {
  readonly passwords: RememberedPasswords;
  readonly folder: PasswordsFolder;
  readonly keyFile: string;
  readonly told: string[];
  peer: Twin | undefined;
}

async function twin(root?: string): Promise<Twin> {
  const keyFile = path.join(await tempFolder(), 'backup-password-key');
  const told: string[] = [];
  const passwords = new RememberedPasswords(root ?? (await tempFolder()), keyFile, {
    keys: async () => {
      if (made.peer === undefined) throw new BranchlineError('PEER_UNREACHABLE', 'away');
      return await made.peer.passwords.keys.all();
    },
    onSettled: ({ name, sha256 }) => {
      told.push(`${name} ${sha256}`);
      return Promise.resolve();
    },
  });
  const folder = new PasswordsFolder(passwords);
  const made: Twin = { passwords, folder, keyFile, told, peer: undefined };
  return made;
}

async function pair(): Promise<readonly [Twin, Twin]> {
  const [one, two] = [await twin(), await twin()];
  one.peer = two;
  two.peer = one;
  return [one, two];
}

const { signal } = new AbortController();

async function bring(from: Twin, to: Twin, replaces?: string): Promise<ReadonlySet<string>> {
  const text = await readFile(from.passwords.pathOf('2001'), 'utf8');
  const file = await fetched(to.folder, '2001', text, { ...(replaces && { replaces }) });
  return await to.folder.take([file], signal);
}

it('checks at one server what was remembered at the other, also when that one is dead', async () => {
  const [one, two] = await pair();
  await one.passwords.remember('2001', '4711', 'first');
  const text = await readFile(one.passwords.pathOf('2001'), 'utf8');
  expect(one.told).toEqual([`2001 ${sha256Of(text)}`]);
  expect(await bring(one, two)).toEqual(new Set(['2001']));
  two.peer = undefined;
  expect(await two.passwords.check('2001', '4711')).toBe('right');
  expect(await two.passwords.check('2001', '4712')).toBe('wrong');
  // Also after a restart.
  const again = new RememberedPasswords(path.dirname(path.dirname(two.folder.root)), two.keyFile);
  expect(await again.check('2001', '4711')).toBe('right');
  const keys = path.join(path.dirname(two.keyFile), 'backup-password-peer-keys');
  for (const file of [keys, two.keyFile, two.passwords.pathOf('2001')])
    expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('remembers with the same key at both, so that the same password is the same file', async () => {
  const [one, two] = await pair();
  for (const { passwords } of [one, two]) await passwords.keys.learn();
  expect([one.passwords.keys.wanted, two.passwords.keys.wanted]).toEqual([false, false]);
  for (const { passwords } of [one, two]) await passwords.remember('2001', '4711', 'first');
  expect(one.told).toEqual(two.told);
});

it('refuses everybody while the key has not come, but for a telephone that SNMP proves', async () => {
  const [one, two] = await pair();
  await one.passwords.remember('2001', '4711', 'first');
  two.peer = undefined;
  expect(await bring(one, two)).toEqual(new Set(['2001']));
  const { passwords } = two;
  expect(await passwords.check('2001', '4711')).toBe('locked');
  await passwords.remember('2001', 'stranger', 'first');
  const request = { extension: '2001', address: '192.0.2.1', encrypted: true, password: '4711' };
  let silent = true;
  const identify: IdentifyPhone = () =>
    silent
      ? Promise.reject(new BranchlineError('PHONE_UNVERIFIED', 'silent'))
      : Promise.resolve({ extension: '2001', type: '9630' });
  for (const kind of ['basic', 'either'] as const) {
    const proof = phoneProof(kind, { identify, passwords });
    await expect(proof(request)).rejects.toMatchObject({ code: 'PHONE_UNVERIFIED' });
  }
  expect(passwords.keys.wanted).toBe(true);
  two.peer = one;
  await passwords.keys.learn();
  expect(await passwords.check('2001', '4711')).toBe('right');
  expect(await passwords.check('2001', 'stranger')).toBe('wrong');
  silent = false;
  const proof = phoneProof('either', { identify, passwords });
  await (
    await proof({ ...request, password: 'new' })
  )();
  expect(await passwords.check('2001', 'new')).toBe('right');
});

it('gets its own key back from the other server after a loss of its state', async () => {
  const [one, two] = await pair();
  await one.passwords.remember('2001', '4711', 'first');
  await bring(one, two);
  const back = await twin(path.dirname(path.dirname(one.folder.root)));
  back.peer = two;
  expect(await back.passwords.check('2001', '4711')).toBe('right');
});

it('forgets by a word that the other server takes over, and takes nothing else', async () => {
  const [one, two] = await pair();
  await one.passwords.remember('2001', '4711', 'first');
  await bring(one, two);
  const before = await readFile(one.passwords.pathOf('2001'), 'utf8');
  expect(await one.passwords.forget('2001')).toBe(true);
  expect(await one.passwords.forget('2001')).toBe(false);
  // What has changed here meanwhile is looked at again.
  expect(await bring(one, two, 'other')).toEqual(new Set());
  expect(await two.passwords.check('2001', '4711')).toBe('right');
  expect(await bring(one, two, before)).toEqual(new Set(['2001']));
  expect(await two.passwords.check('2001', '4711')).toBe('unknown');
  await two.passwords.remember('2001', '4712', 'first');
  expect(await two.passwords.check('2001', '4712')).toBe('right');

  const junk = await fetched(two.folder, '2002', 'no password');
  await expect(two.folder.take([junk], signal)).rejects.toMatchObject({
    code: 'PEER_ANSWER_INVALID',
  });
  const named = await fetched(two.folder, 'x', 'forgotten\n');
  await expect(two.folder.take([named], signal)).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
  expect(await two.folder.remove()).toBe(false);
});

it('refuses keys that are none', async () => {
  const keyFile = path.join(await tempFolder(), 'key');
  const passwords = new RememberedPasswords(await tempFolder(), keyFile, {
    keys: () => Promise.resolve([Buffer.alloc(31)]),
    onSettled: () => Promise.resolve(),
  });
  await expect(passwords.keys.learn()).rejects.toMatchObject({ code: 'PEER_ANSWER_INVALID' });
  expect(await passwords.keys.all()).toHaveLength(1);
});

it('tells no missing file as removed: it is asked for again', async () => {
  const { folder } = await twin();
  const journal = new Journal(path.join(await tempFolder(), 'branchline.db'));
  const book = new MirrorBook(journal);
  await mkdir(folder.root, { recursive: true });
  await writeFile(folder.pathOf('2001'), 'forgotten\n');
  const sha256 = sha256Of('forgotten\n');
  book.note('passwords', [{ name: '2001', size: 10, modifiedMs: 1, sha256 }]);
  const peer = { area: 'passwords', name: '2001', size: 10, modifiedMs: 1, sha256 } as const;
  const rows = [{ ...peer, state: 'here', change: 1, mine: 1, theirs: 0 } as const];
  book.learn({ book: 'theirs', rows, next: 1, complete: true });
  expect(book.differing('passwords', '', 10)).toEqual([]);
  await rm(folder.pathOf('2001'));
  const scan = new MirrorScan({ book, clock: systemClock, onEmptied: () => undefined });
  expect(await scan.scan(folder, signal)).toBe(false);
  expect(book.differing('passwords', '', 10)).toMatchObject([{ name: '2001', own: undefined }]);
  journal.close();
});
