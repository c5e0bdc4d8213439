import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { AuditLog, readAudit, type AuditEntry } from '#libs/audit';
import { Journal, SqliteLedger } from '#libs/journal';
import { command } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { canMountTmpfs, isRoot } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ act: 'stored', by: '192.0.2.7', via: 'http', kind: 'backup', name: '2001_96xxdata.txt' },
  ...{ size: 3, sha256: 'aa', result: 'done' },
  ...change,
});

async function log(options: { maxBytes?: number; folder?: string; now?: () => number } = {}) {
  const { maxBytes = 1_000_000, now = Date.now } = options;
  const folder = options.folder ?? path.join(await tempFolder('branchline-audit-'), 'audit');
  const maxAgeMs = 86_400_000;
  const troubles: unknown[] = [];
  const audit = new AuditLog({
    ...{ folder, maxBytes, maxAgeMs, clock: { now } },
    onTrouble: (error) => troubles.push(error),
  });
  await audit.start();
  const all = () => readAudit(folder, { since: 0, fits: () => true, limit: 1_000 });
  return { folder, audit, all, troubles };
}

it('has what was committed on the disk, and what was noted soon after, in order', async () => {
  const { audit, all } = await log();
  audit.note([entry({ name: 'first' })]);
  await audit.commit([entry({ act: 'purged', name: 'second' })]);
  expect((await all()).map(({ name }) => name)).toEqual(['first', 'second']);
  audit.note([entry({ name: 'third' })]);
  await audit.stop();
  expect((await all()).map(({ name }) => name)).toEqual(['first', 'second', 'third']);
});

it('lets no name make a line of its own, steer a terminal or turn the writing', async () => {
  const { folder, audit, all } = await log();
  const name = 'a\n{"act":"purged"}\u001b[2J\u202etxt\u009b\u2028' + 'x'.repeat(5_000);
  await audit.commit([entry({ name })]);
  const text = await readFile(path.join(folder, 'audit.jsonl'), 'utf8');
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(text).toMatch(/^[\x20-\x7e]+\n$/);
  expect(await all()).toMatchObject([{ name: name.slice(0, 1_024) }]);
});

it('stays within its size, and forgets what is too old', async () => {
  let now = Date.now();
  const { folder, audit, all } = await log({ maxBytes: 20_000, now: () => (now += 10) });
  for (let n = 0; n < 400; n += 1) await audit.commit([entry({ name: `file ${n}` })]);
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (file) => (await readFile(path.join(folder, file))).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(20_000);
  const names = (await all()).map(({ name }) => name);
  expect(names.at(-1)).toBe('file 399');
  expect(names.length).toBeGreaterThan(80);
  const old = (Date.now() - 2 * 86_400_000) / 1000;
  for (const file of (await readdir(folder)).filter((each) => each !== 'audit.jsonl')) {
    await utimes(path.join(folder, file), old, old);
  }
  await audit.start();
  expect(await readdir(folder)).toEqual(['audit.jsonl']);
});

it.skipIf(!canMountTmpfs())(
  'refuses a commit on a full disk, keeps lines whole, goes on (tmpfs)',
  async () => {
    const disk = await smallDisk(65_536);
    const { audit, all, troubles } = await log({ folder: path.join(disk, 'audit') });
    await audit.commit([entry()]);
    await writeFile(path.join(disk, 'ballast'), Buffer.alloc(50_000)).catch(() => undefined);
    const many = Array.from({ length: 40 }, () => entry({ name: 'x'.repeat(1_000) }));
    await expect(audit.commit(many)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(audit.commit(many)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(troubles).toHaveLength(1);
    expect(await all()).toHaveLength(1);
    await rm(path.join(disk, 'ballast'));
    await audit.commit([entry({ name: 'after' })]);
    expect((await all()).map(({ name }) => name)).toEqual(['2001_96xxdata.txt', 'after']);
  },
);

it('is read by a command, by time, kind, act and name', async () => {
  const root = await tempFolder('branchline-audit-');
  const config = await settingsFile('[Settings]', `DataDir=${root}/data`);
  const folder = path.join(root, 'state', 'audit');
  const audit = new AuditLog({
    ...{ folder, maxBytes: 1_000_000, maxAgeMs: 86_400_000, onTrouble: () => undefined },
  });
  await audit.commit([
    entry(),
    entry({ act: 'delivered', by: 'delivery', kind: 'cdr', branch: 'lisbon', name: 'x/S1' }),
  ]);
  const read = async (...words: string[]) => {
    const { stdout } = await command('audit', ...words, '--json', '--config', config);
    return JSON.parse(stdout) as unknown;
  };
  expect(await read()).toHaveLength(2);
  expect(await read('--kind', 'cdr', '--name', 'S*')).toMatchObject([{ act: 'delivered' }]);
  expect(await read('--since', '2999-01-01')).toEqual([]);
  const words = await command('audit', '--act', 'stored', '--config', config);
  expect(words.stdout).toMatch(/192\.0\.2\.7 \(http\) +backup +2001_96xxdata\.txt +3 +done/);
});

it('writes into no file that a link in its folder leads to', async () => {
  const { folder, audit } = await log();
  const other = path.join(await tempFolder(), 'other');
  await writeFile(other, 'x');
  await mkdir(folder, { recursive: true });
  await symlink(other, path.join(folder, 'audit.jsonl'));
  await expect(audit.commit([entry({ name: 'first' })])).rejects.toMatchObject({
    code: 'WRITE_FAILED',
  });
  expect(await readFile(other, 'utf8')).toBe('x');
  await audit.stop();
});

it.skipIf(!isRoot())('leaves what root has written to the user of the server (root)', async () => {
  const root = await tempFolder('branchline-audit-');
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${root}/data`, '[BACKUP_SERVERS]', 'FileServer=1', 'CDRBackup=1'],
  );
  const state = path.join(root, 'state');
  await mkdir(state);
  const journal = new Journal(path.join(state, 'branchline.db'));
  const record = { branch: 'lisbon', kind: 'cdr', name: 'a', size: 1, sha256: 'aa' } as const;
  const ledger = new SqliteLedger(journal);
  await ledger.record([{ ...record, storedAs: 'a', modifiedMs: 1, receivedAt: 1 }]);
  await ledger.delivered(1, 2);
  journal.close();
  for (const file of [state, path.join(state, 'branchline.db')]) await chown(file, 65_534, 65_534);
  // The command reads and writes as that user.
  for (const folder of [root, path.dirname(path.dirname(config))]) await chmod(folder, 0o755);
  const again = await command('relay', 'resend', '--all', '--delivered', '--config', config);
  expect(again).toMatchObject({ status: 0 });
  for (const file of ['audit', 'audit/audit.jsonl']) {
    expect(await stat(path.join(state, file))).toMatchObject({ uid: 65_534, gid: 65_534 });
  }
  const [line] = (await readFile(path.join(state, 'audit', 'audit.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(line ?? '')).toMatchObject({ act: 'resent', branch: 'lisbon', name: 'a' });
});
