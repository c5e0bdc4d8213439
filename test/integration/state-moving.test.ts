import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Journal } from '#libs/journal';
import { loadPlan } from '../../apps/server/compose.ts';
import { backupState } from '../../apps/state/state-backup.ts';
import { restoreState } from '../../apps/state/state-restore.ts';
import { plant, tempTree } from '../support/temp-tree.ts';

const now = Date.UTC(2026, 10, 27);
const stamp = '2026-11-27T00-00-00-000Z';

/** A server's home with some state; `backup` writes it into an archive beside it. */
async function rig() {
  const root = await tempTree();
  const home = path.join(root, 'home');
  const config = path.join(home, 'MV_IPTel.ini');
  await plant(home, {
    'MV_IPTel.ini': '[Settings]\nDataDir=data\n',
    'certs/a-large.pem': 'certificate',
    'certs/key.pem': 'key',
    'state/api-token': 'token',
  });
  new Journal(path.join(home, 'state', 'branchline.db')).close();
  const target = path.join(root, 'safe', 'a.tar.gz');
  await mkdir(path.dirname(target));
  const backup = async () =>
    backupState({ plan: await loadPlan(config), config, target, version: '1.0.0', now });
  return { home, config, target, backup };
}

/** Settles as soon as a backup beside `target` has begun to copy the large file. */
async function copying(target: string): Promise<void> {
  const folder = path.dirname(target);
  for (;;) {
    const [staging = ''] = await readdir(folder);
    const copied = await readdir(path.join(folder, staging, 'certs')).catch(() => []);
    if (copied.length > 0) return;
    await turn();
  }
}

it('copies again what is written to, or goes, while it is copied', async () => {
  const { home, target, backup } = await rig();
  const large = path.join(home, 'certs', 'a-large.pem');
  for (const change of [
    () => writeFile(large, 'renewed'),
    () => rm(path.join(home, 'certs', 'key.pem')),
  ]) {
    await truncate(large, 64 * 1024 * 1024);
    const [{ files }] = await Promise.all([backup(), copying(target).then(change)]);
    expect(files.map(({ name }) => name)).toContain('state/api-token');
    await rm(target);
  }
});

it('leaves all as it was when one of the folders cannot be put into its place', async () => {
  const { home, config, target, backup } = await rig();
  await backup();
  await plant(home, {
    'MV_IPTel.ini': '[Settings]\nDataDir=data\nServerName=later\n',
    'certs/key.pem': 'later',
    // In the way of what is set aside.
    [`state.before-${stamp}/x`]: '',
  });
  await expect(restoreState({ archive: target, config, now })).rejects.toMatchObject({
    code: 'WRITE_FAILED',
  });
  expect(await readFile(path.join(home, 'certs', 'key.pem'), 'utf8')).toBe('later');
  expect(await readFile(config, 'utf8')).toContain('later');
  expect(await readFile(path.join(home, 'state', 'api-token'), 'utf8')).toBe('token');
  // No copy of the keys is left over.
  expect((await readdir(home)).filter((name) => name.includes('.restored-'))).toEqual([]);
});

it('brings back files of an administrator whatever their names', async () => {
  const { home, config, target, backup } = await rig();
  const names = ['certs/of 2026-11-27T10:00.pem', 'certs/old.', 'certs/key~1.pem', 'certs/a\\b'];
  await plant(home, Object.fromEntries(names.map((name) => [name, name])));
  await backup();
  await rm(path.join(home, 'certs'), { recursive: true });
  await restoreState({ archive: target, config, now });
  for (const name of names) expect(await readFile(path.join(home, name), 'utf8')).toBe(name);
});
