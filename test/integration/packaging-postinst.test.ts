import { chmod, lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isRoot, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Run it on a folder in place of the machine's own, for the user `nobody`. */
async function configure(root: string): Promise<void> {
  const text = (await readFile('packaging/deb/postinst', 'utf8'))
    .replaceAll('branchline:branchline', 'nobody:nogroup')
    .replaceAll('-o branchline -g branchline', '-o nobody -g nogroup')
    .replaceAll('--reuid=branchline --regid=branchline', '--reuid=nobody --regid=nogroup')
    .replace('getent passwd branchline', 'getent passwd nobody')
    .replaceAll(/\/(?:etc|run|var)\//g, `${root}$&`);
  expect(text).toContain('getent passwd nobody');
  const { status, stderr } = await runClient('bash', ['-c', text, 'postinst', 'configure']);
  expect([status, stderr]).toEqual([0, '']);
}

async function unpacked(): Promise<{ root: string; settings: string }> {
  const root = await tempFolder();
  await chmod(root, 0o755);
  await mkdir(path.join(root, 'etc', 'branchline'), { recursive: true });
  return { root, settings: path.join(root, 'etc', 'branchline', 'MV_IPTel.ini') };
}

it.skipIf(!isRoot())('gives the settings to the server, once (root)', async () => {
  const { root, settings } = await unpacked();
  await writeFile(settings, '[Settings]\n');
  await configure(root);
  const { uid, mode } = await stat(settings);
  expect([uid, mode & 0o777]).toEqual([65_534, 0o640]);
  await chmod(settings, 0o600);
  await configure(root);
  expect((await stat(settings)).mode & 0o777).toBe(0o600);
});

it.skipIf(!isRoot())('gives away nothing that a link leads to (root)', async () => {
  const { root, settings } = await unpacked();
  // As /etc/shadow, in place of the settings at the last moment.
  const secret = path.join(root, 'secret');
  await writeFile(secret, 'x', { mode: 0o600 });
  await symlink(secret, settings);
  await configure(root);
  const { uid, mode } = await stat(secret);
  expect([uid, mode & 0o777]).toEqual([0, 0o600]);
  expect((await lstat(settings)).isSymbolicLink()).toBe(true);
});
