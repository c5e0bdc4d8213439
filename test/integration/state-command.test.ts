import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite, updatesOf } from '../../apps/demo/demo-site.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { drop, join, mustRun, statusWhen, visibleIn } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('moves a running hub to a new disk: its branches know it again and follow it', async () => {
  const root = await tempFolder();
  const hub = await demoSite(root, 'hub', true);
  const branch = await demoSite(root, 'lisbon', false);
  await mustRun('hub', 'init', '--config', hub.config);
  const hubProcess = await ServerProcess.start(hub.config);
  await join(hub, branch);
  const branchProcess = await ServerProcess.start(branch.config);
  await drop(hub, 'one.txt', 'one');
  await statusWhen(branch, ({ sync }) => sync?.releaseVersion === 2);

  const archive = path.join(root, 'hub.tar.gz');
  await mustRun('state', 'backup', archive, '--config', hub.config);
  expect((await stat(archive)).mode & 0o777).toBe(0o600);
  // A server that runs is not written over.
  expect((await command('state', 'restore', archive, '--config', hub.config)).status).toBe(13);

  await hubProcess.kill();
  const updates = await readFile(path.join(updatesOf(hub), 'one.txt'));
  await rm(hub.folder, { recursive: true });
  await mustRun('state', 'restore', archive, '--config', hub.config);
  await mkdir(updatesOf(hub), { recursive: true });
  await writeFile(path.join(updatesOf(hub), 'one.txt'), updates);
  await mustRun('hub', 'recover', '--config', hub.config);
  await ServerProcess.start(hub.config);
  await drop(hub, 'two.txt', 'two');
  await mustRun('sync', 'updates', '--config', branch.config);
  await statusWhen(branch, ({ sync }) => (sync?.releaseVersion ?? 0) > 2);
  expect(Object.keys(await visibleIn(branch, 'HTTPdata'))).toEqual(['one.txt', 'two.txt']);
  await branchProcess.stop();
});

it('sets aside what was there, and refuses an archive that is not whole', async () => {
  const root = await tempFolder();
  const site = await demoSite(root, 'lisbon', false);
  const server = await ServerProcess.start(site.config);
  const archive = path.join(root, 'lisbon.tar.gz');
  await mustRun('state', 'backup', archive, '--config', site.config);
  await server.stop();
  const token = path.join(site.folder, 'state', 'api-token');
  const first = await readFile(token, 'utf8');
  await writeFile(token, 'another\n');

  const whole = await readFile(archive);
  const cut = path.join(root, 'cut.tar.gz');
  await writeFile(cut, whole.subarray(0, whole.length - 200));
  const refused = await command('state', 'restore', cut, '--config', site.config);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining('[STATE_ARCHIVE_BROKEN]'),
  ]);
  expect(await readFile(token, 'utf8')).toBe('another\n');

  await mustRun('state', 'restore', archive, '--config', site.config);
  expect(await readFile(token, 'utf8')).toBe(first);
  const aside = (await readdir(site.folder)).filter((name) => name.startsWith('state.before-'));
  expect(await readFile(path.join(site.folder, aside[0] ?? '', 'api-token'), 'utf8')).toBe(
    'another\n',
  );
  expect((await stat(path.join(site.folder, 'state', 'audit'))).isDirectory()).toBe(true);
});

it.skipIf(!hasClient('tar'))(
  'refuses an archive in which a file was changed, added or leads out (tar)',
  async () => {
    const root = await tempFolder();
    const site = await demoSite(root, 'lisbon', false);
    await (await ServerProcess.start(site.config)).stop();
    const archive = path.join(root, 'a.tar.gz');
    await mustRun('state', 'backup', archive, '--config', site.config);
    const open = path.join(root, 'open');
    const repacked = async (change: () => Promise<unknown>, ...more: string[]): Promise<string> => {
      await rm(open, { recursive: true, force: true });
      await mkdir(open);
      await runClient('tar', ['-xzf', archive, '-C', open]);
      await change();
      const file = path.join(root, 'b.tar.gz');
      // As it was written: files, and no folders.
      const entries = await readdir(open, { recursive: true, withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(open, path.join(entry.parentPath, entry.name)));
      const words = ['-czPf', file, '-C', open, ...names, ...more];
      expect((await runClient('tar', words)).status).toBe(0);
      const { status, stderr } = await command('state', 'restore', file, '--config', site.config);
      return status === 0 ? 'restored' : (/\[(\w+)\]/.exec(stderr)?.[1] ?? '');
    };
    const changed = () => writeFile(path.join(open, 'state', 'api-token'), 'x');
    const added = () => writeFile(path.join(open, 'state', 'extra'), 'x');
    expect(await repacked(changed)).toBe('STATE_ARCHIVE_BROKEN');
    expect(await repacked(added)).toBe('STATE_ARCHIVE_BROKEN');
    const without = async (): Promise<void> => {
      const list = path.join(open, 'branchline-state.json');
      const manifest = JSON.parse(await readFile(list, 'utf8')) as { files: { name: string }[] };
      manifest.files = manifest.files.filter(({ name }) => name !== 'MV_IPTel.ini');
      await writeFile(list, JSON.stringify(manifest));
      await rm(path.join(open, 'MV_IPTel.ini'));
    };
    expect(await repacked(without)).toBe('STATE_ARCHIVE_BROKEN');
    const outside = path.join(root, 'outside');
    await writeFile(outside, 'x');
    expect(await repacked(() => Promise.resolve(), outside)).toBe('STATE_ARCHIVE_BROKEN');
    expect((await readdir(site.folder)).some((name) => name.includes('before-'))).toBe(false);
    // And the same, packed again and not touched, is taken.
    expect(await repacked(() => Promise.resolve())).toBe('restored');
  },
);
