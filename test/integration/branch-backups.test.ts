import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BackupStore } from '#libs/backups';
import { Journal, SqliteLedger } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { BackupsOfBranches, BackupShelf } from '#libs/sync';
import { sha256Of } from '../support/push-rig.ts';
import { command } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = 'FTPdata/2001_4620data.txt';

/** A hub to which two branches have sent the same name. */
async function hub() {
  const root = await tempFolder('branchline-branch-backups-');
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${root}/data`, '[BACKUP_SERVERS]', 'FileServer=1'],
  );
  await mkdir(path.join(root, 'state'));
  const folder = path.join(root, 'data', 'Backup');
  const store = new BackupStore({
    ...{ folder, maxBytes: 1_000, maxFiles: 100, maxTotalBytes: Infinity, keepVersions: 5 },
    ...{ keepBytes: 10_000, reserveBytes: 0 },
  });
  await store.prepare();
  const shelf = new BackupShelf(folder, store);
  const use = async <T>(work: (ledger: SqliteLedger) => Promise<T>): Promise<T> => {
    const journal = new Journal(path.join(root, 'state', 'branchline.db'));
    try {
      return await work(new SqliteLedger(journal));
    } finally {
      journal.close();
    }
  };
  let at = systemClock.now() - 60_000;
  const receive = async (branch: string, file: string, text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    const identity = { branch, kind: 'backup', name: file } as const;
    const whole = { ...identity, size: bytes.length, sha256: sha256Of(text) };
    const { storedAs } = await shelf.putBytes(whole, bytes);
    at += 1_000;
    await use((ledger) => ledger.record([{ ...whole, storedAs, modifiedMs: at, receivedAt: at }]));
  };
  await receive('lisbon', name, 'lisbon, first');
  await receive('lisbon', name, 'lisbon, second');
  await receive('porto', name, 'porto');
  await receive('porto', 'FTPdata/2002_4620data.txt', 'another');
  const backups = async (...words: string[]) => {
    const { status, stdout } = await command('backups', ...words, '--json', '--config', config);
    return { status, json: stdout === '' ? undefined : (JSON.parse(stdout) as unknown) };
  };
  const newest = () =>
    use((ledger) => new BackupsOfBranches({ folder, ledger, log: silentLogger() }).newest(name));
  return { backups, newest, config };
}

it('finds backups across branches, the newest first, and makes an earlier one the newest of all', async () => {
  const { backups, newest, config } = await hub();
  expect((await backups('list', '--branch', '*')).json).toMatchObject([
    { name, branch: 'porto', size: 5, branches: 2 },
    { name: 'FTPdata/2002_4620data.txt', branch: 'porto', branches: 1 },
  ]);
  expect((await backups('list', '--branch', 'lisbon')).json).toMatchObject([
    { name, branch: 'lisbon', size: 14 },
  ]);
  const shown = (await backups('show', name, '--branch', '*')).json as {
    branch: string;
    version: string;
    sha256: string;
  }[];
  expect(new Set(shown.map(({ branch, sha256 }) => `${branch} ${sha256}`))).toEqual(
    new Set([
      `lisbon ${sha256Of('lisbon, first')}`,
      `lisbon ${sha256Of('lisbon, second')}`,
      `porto ${sha256Of('porto')}`,
    ]),
  );
  const first = shown.find(({ sha256 }) => sha256 === sha256Of('lisbon, first'))?.version ?? '';
  expect((await newest())?.bytes.toString()).toBe('porto');
  expect(await backups('restore', name, first, '--branch', '*')).toMatchObject({ status: 2 });
  expect(await backups('restore', name, 'x', '--branch', 'faro')).toMatchObject({ status: 1 });
  expect(await backups('restore', name, first, '--branch', 'lisbon')).toMatchObject({ status: 0 });
  expect(await newest()).toMatchObject({ branch: 'lisbon', bytes: Buffer.from('lisbon, first') });
  const audit = await command('audit', '--act', 'restored', '--json', '--config', config);
  expect(JSON.parse(audit.stdout)).toMatchObject([{ branch: 'lisbon', name, size: 13 }]);
});
