import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { BackupStore, BackupStoreOptions, SettledBackup } from '#libs/backups';
import { PhoneFolder, type PhoneFolderOptions } from '#libs/sync';
import { backupStore, bodyOf } from '../support/backup-store.ts';
import { fetched, sha256Of } from '../support/fetched-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { plant } from '../support/temp-tree.ts';

const name = '2001_96xxdata.txt';
const { signal } = new AbortController();

interface Rig {
  readonly folder: PhoneFolder;
  readonly root: string;
  readonly store: BackupStore;
  readonly told: SettledBackup[];
  /** What is left for files on their way in. */
  readonly incoming: () => Promise<string[]>;
  /** Bytes of all versions, newest first. */
  readonly versions: (name: string) => Promise<string[]>;
}

async function rigOf(
  limits: Partial<BackupStoreOptions> = {},
  options: Partial<PhoneFolderOptions> = {},
): Promise<Rig> {
  const root = await tempFolder();
  const told: SettledBackup[] = [];
  const onSettled = (change: SettledBackup): Promise<void> => {
    told.push(change);
    return Promise.resolve();
  };
  const store = await backupStore(root, { onSettled, ...limits });
  const folder = new PhoneFolder({ area: 'phones-ftp', folder: root, store, ...options });
  return {
    ...{ folder, root, store, told },
    incoming: () => readdir(folder.incoming),
    versions: async (of) =>
      await Promise.all(
        (await store.versions(of)).map(async ({ version }) =>
          readFile(await store.pathOf(of, version), 'utf8'),
        ),
      ),
  };
}

it('lists what telephones save, without the archives of FTPdata and what is ours', async () => {
  const { folder, root, store } = await rigOf();
  await plant(root, {
    [name]: 'data',
    'Archive/Thu_FTParchive.zip': 'zip',
    'archive/2026-11/FTParchive.tar.gz': 'gz',
    'Archives/kept': 'no archive',
    Archived: 'no archive',
  });
  expect((await folder.list()).map((file) => file.name)).toEqual([
    name,
    'Archived',
    'Archives/kept',
  ]);
  const web = new PhoneFolder({ area: 'phones-http', folder: root, store });
  expect(await web.list()).toHaveLength(5);
  const nowhere = new PhoneFolder({ area: 'devices', folder: path.join(root, 'no'), store });
  expect(await nowhere.list()).toEqual([]);
  expect(folder.pathOf(name)).toBe(path.join(root, name));
  expect(() => folder.pathOf('../x')).toThrow(
    expect.objectContaining({ code: 'PATH_OUTSIDE_TREE' }),
  );
});

it('leaves to updates what an update has put there', async () => {
  const { folder: plain } = await rigOf();
  let known = '';
  const published = {
    refresh: () => {
      known = sha256Of('list');
      return Promise.resolve();
    },
    has: (_: string, { sha256 }: { sha256: string }) => sha256 === known,
  };
  const { folder } = await rigOf({}, { published });
  await folder.list();
  const file = { name: 'FTP_allow_IP.txt', size: 4, modifiedMs: 0, sha256: sha256Of('list') };
  expect(plain.isMirrored(file)).toBe(true);
  expect(folder.isMirrored(file)).toBe(false);
  expect(folder.isMirrored({ ...file, sha256: sha256Of('edited') })).toBe(true);
});

it('takes files under their own time, keeps what they replace, and tells nobody', async () => {
  const { folder, root, store, told, incoming, versions } = await rigOf();
  await store.save(name, bodyOf('old'));
  const modifiedMs = Date.now() + 5_000;
  const files = [
    await fetched(folder, name, 'newer', { replaces: 'old', modifiedMs }),
    await fetched(folder, 'logs/a.txt', 'first'),
  ];
  expect(await folder.take(files, signal)).toEqual(new Set([name, 'logs/a.txt']));
  expect(await readFile(path.join(root, name), 'utf8')).toBe('newer');
  expect(Math.round((await stat(path.join(root, name))).mtimeMs)).toBe(modifiedMs);
  expect(await readFile(path.join(root, 'logs/a.txt'), 'utf8')).toBe('first');
  expect(await versions(name)).toEqual(['old']);
  expect(await incoming()).toEqual([]);
  expect(told).toHaveLength(1);
});

it.each([
  ['is newer by now', 'saved meanwhile', 'old'],
  ['has appeared', 'saved meanwhile', undefined],
  ['is gone', undefined, 'old'],
])('passes over what %s', async (_, here, replaces) => {
  const { folder, root, store, incoming } = await rigOf();
  if (here !== undefined) await store.save(name, bodyOf(here));
  const file = await fetched(folder, name, 'theirs', { ...(replaces && { replaces }) });
  expect(await folder.take([file], signal)).toEqual(new Set());
  expect((await readdir(root)).filter((entry) => entry !== '.branchline')).toEqual(
    here === undefined ? [] : [name],
  );
  expect(await incoming()).toEqual([]);
});

it('takes what can be taken, and says why when nothing can', async () => {
  const { folder, root, incoming } = await rigOf();
  await mkdir(path.join(root, 'a'));
  const bad = await fetched(folder, 'a', 'where a folder is');
  expect(await folder.take([bad, await fetched(folder, 'b', 'good')], signal)).toEqual(
    new Set(['b']),
  );
  const again = await fetched(folder, 'a', 'where a folder is');
  await expect(folder.take([again], signal)).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
  expect(await incoming()).toEqual([]);
  const { folder: full } = await rigOf({ reserveBytes: Number.MAX_SAFE_INTEGER });
  const file = await fetched(full, name, 'x');
  await expect(full.take([file], signal)).rejects.toMatchObject({ code: 'DISK_FULL' });
  const stopped = await fetched(folder, 'c', 'x');
  await expect(folder.take([stopped], AbortSignal.abort(new Error('stop')))).rejects.toThrow(
    'stop',
  );
});

it('keeps what lost against what is here as an older version, once, and bounded', async () => {
  const { folder, root, store, incoming, versions } = await rigOf({ keepVersions: 3 });
  for (const text of ['one', 'two']) await store.save(name, bodyOf(text));
  // Saved later than what is here by a clock that is ahead: what is shown as the current one stays.
  for (const modifiedMs of [Date.now() - 60_000, Date.now() + 60_000]) {
    await folder.keepVersion(await fetched(folder, name, 'lost', { modifiedMs }));
  }
  expect(await readFile(path.join(root, name), 'utf8')).toBe('two');
  expect(await versions(name)).toEqual(['one', 'lost']);
  expect(await incoming()).toEqual([]);
  await store.save(name, bodyOf('three'));
  expect(await versions(name)).toEqual(['two', 'one', 'lost']);
  await folder.keepVersion(await fetched(folder, name, 'ancient', { modifiedMs: 86_400_000 }));
  expect(await versions(name)).toEqual(['two', 'one', 'lost']);
  await folder.keepVersion(await fetched(folder, name, 'ahead', { modifiedMs: 4e12 }));
  expect(await versions(name)).toEqual(['ahead', 'two', 'one']);
  await store.save(name, bodyOf('four'));
  expect(await versions(name)).toEqual(['three', 'ahead', 'two']);
});

it('keeps a loser beside a file that was never replaced, and beside nothing', async () => {
  const { folder, root, store, versions } = await rigOf();
  await writeFile(path.join(root, name), 'by hand');
  await folder.keepVersion(await fetched(folder, name, 'lost'));
  expect(await versions(name)).toEqual(['lost']);
  await folder.keepVersion(await fetched(folder, 'removed.txt', 'lost too'));
  expect(await versions('removed.txt')).toEqual(['lost too']);
  const [version] = await store.versions('removed.txt');
  await store.restore('removed.txt', version?.version ?? '');
  expect(await readFile(path.join(root, 'removed.txt'), 'utf8')).toBe('lost too');
});

it('removes what still has these bytes, and keeps it as a version', async () => {
  const { folder, root, store, told, versions } = await rigOf();
  await store.save(name, bodyOf('last'));
  expect(await folder.remove(name, sha256Of('other'))).toBe(false);
  expect(await folder.remove('never.txt', sha256Of('last'))).toBe(false);
  expect(await readFile(path.join(root, name), 'utf8')).toBe('last');
  expect(await folder.remove(name, sha256Of('last'))).toBe(true);
  expect(await versions(name)).toEqual(['last']);
  expect(told).toHaveLength(1);
});
