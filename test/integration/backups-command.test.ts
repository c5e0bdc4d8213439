import { chmod, chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { RememberedPasswords } from '#libs/backups';
import { backupStore, bodyOf } from '../support/backup-store.ts';
import { isRoot } from '../support/real-client.ts';
import { command } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '2001_96xxdata.txt';

async function savedThrice(): Promise<{ config: string; data: string; folder: string }> {
  const data = path.join(await tempFolder(), 'data');
  const folder = path.join(data, 'HTTPbackup');
  const store = await backupStore(folder);
  for (const text of ['one', 'second', 'number three']) await store.save(name, bodyOf(text));
  await store.save('2002_96xxdata.txt', bodyOf('x'));
  await store.remove('2002_96xxdata.txt');
  return { config: await settingsFile('[Settings]', `DataDir=${data}`), data, folder };
}

const json = (text: string): unknown => JSON.parse(text);

it('lists, shows and restores, beside whatever is half-written', async () => {
  const { config, folder } = await savedThrice();
  const half = path.join(folder, '.branchline', 'incoming', '.x.partial');
  await writeFile(half, 'half');
  const run = (...words: string[]) => command('backups', ...words, '--config', config);
  expect(json((await run('list', '--json')).stdout)).toMatchObject([
    { name, size: 12, versions: 2 },
    { name: '2002_96xxdata.txt', size: null, savedAt: null, versions: 1 },
  ]);
  expect((await run('list')).stdout).toMatch(/^name .*\n2001_96xxdata.txt +12 .* 2\n.*removed/);
  const shown = json((await run('show', name, '--json')).stdout);
  expect(shown).toMatchObject([{ size: 6 }, { size: 3 }]);
  const oldest = (await run('show', name)).stdout.trim().split('\n').at(-1)?.split(' ')[0] ?? '';
  expect(await run('restore', name, oldest)).toMatchObject({ status: 0 });
  expect(await readFile(path.join(folder, name), 'utf8')).toBe('one');
  expect(await readFile(half, 'utf8')).toBe('half');
  expect(json((await run('show', name, '--json')).stdout)).toMatchObject([
    { size: 12 },
    { size: 6 },
    { size: 3 },
  ]);
});

it('says what is not there, and what is not open', async () => {
  const { config } = await savedThrice();
  const run = (...words: string[]) => command('backups', ...words, '--config', config);
  expect(await run('restore', name, '20200101T000000000Z')).toMatchObject({ status: 1 });
  expect(await run('show', '../x')).toMatchObject({ status: 1 });
  expect(await run('list', '--from', 'devices')).toMatchObject({ status: 10 });
  expect(await run('list', '--limit', '0')).toMatchObject({ status: 2 });
  expect(await run('list', '--from', 'ftp', '--json')).toMatchObject({ stdout: '[]\n' });
});

it('forgets a password', async () => {
  const { config, data, folder } = await savedThrice();
  const key = path.join(path.dirname(data), 'state', 'backup-password-key');
  const words = ['backups', 'forget-password', '2001', '--config', config];
  expect(await command(...words)).toMatchObject({ status: 1 });
  await writeFile(path.join(folder, '.branchline', 'x'), '');
  const passwords = new RememberedPasswords(folder, path.join(await tempFolder(), 'key'));
  await passwords.remember('2001', '4711', 'first');
  expect(await command(...words)).toMatchObject({ status: 0 });
  expect(await passwords.check('2001', '4711')).toBe('unknown');
  await expect(stat(key)).rejects.toMatchObject({ code: 'ENOENT' });
});

it.skipIf(!isRoot())('leaves what root restores to the user of the server (root)', async () => {
  const { config, data, folder } = await savedThrice();
  const [version] = await (await backupStore(folder)).versions(name);
  for (const part of ['', ...(await readdir(folder, { recursive: true }))]) {
    await chown(path.join(folder, part), 65_534, 65_534);
  }
  for (const above of [data, path.dirname(data)]) await chmod(above, 0o755);
  const words = ['restore', name, version?.version ?? '', '--config', config];
  expect(await command('backups', ...words)).toMatchObject({ status: 0, stderr: '' });
  expect(await stat(path.join(folder, name))).toMatchObject({ uid: 65_534, gid: 65_534 });
});
