import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder, renameDurably, requireSpace, writeDurably } from '#libs/files';
import { foldersBetween } from '../../libs/files/durable-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('replaces a file and leaves nothing beside it', async () => {
  const dir = await tempFolder();
  const file = path.join(dir, 'settings.txt');
  await writeDurably(file, 'SET A 1');
  await writeDurably(file, Buffer.from('SET A 2'));
  expect(await readFile(file, 'utf8')).toBe('SET A 2');
  expect(await readdir(dir)).toEqual(['settings.txt']);
});

it('keeps the mode of the file that it replaces, and takes the one it is given', async () => {
  const dir = await tempFolder();
  const file = path.join(dir, 'key.pem');
  await writeDurably(file, 'one', { mode: 0o600 });
  await writeDurably(file, 'two');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it.skipIf(process.geteuid?.() !== 0)(
  'leaves a file with its owner when root replaces it (root)',
  async () => {
    const file = path.join(await tempFolder(), 'settings.ini');
    await writeFile(file, 'one');
    await chown(file, 4242, 4243);
    await writeDurably(file, 'two');
    await writeDurably(file, 'three', { mode: 0o600 });
    const { uid, gid } = await stat(file);
    expect([uid, gid]).toEqual([4242, 4243]);
  },
);

it('names the failure and removes its temporary file', async () => {
  const dir = await tempFolder();
  await makeFolder(path.join(dir, 'taken', 'inner'));
  await expect(writeDurably(path.join(dir, 'taken'), 'x')).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    cause: { code: 'EISDIR' },
  });
  await expect(writeDurably(path.join(dir, 'absent', 'x'), 'x')).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    cause: { code: 'ENOENT' },
  });
  expect(await readdir(dir)).toEqual(['taken']);
});

it('moves a file to another folder, and makes folders that are missing', async () => {
  const dir = await tempFolder();
  await makeFolder(path.join(dir, 'a', 'b', 'c'));
  await makeFolder(path.join(dir, 'a', 'b', 'c'));
  await writeFile(path.join(dir, 'x'), 'x');
  await renameDurably(path.join(dir, 'x'), path.join(dir, 'a', 'b', 'c', 'y'));
  expect(await readFile(path.join(dir, 'a', 'b', 'c', 'y'), 'utf8')).toBe('x');
});

it('says DISK_FULL before starting what cannot fit', async () => {
  const dir = await tempFolder();
  await requireSpace(path.join(dir, 'not', 'yet', 'there'), 1, 1);
  await expect(requireSpace(dir, Number.MAX_SAFE_INTEGER, 0)).rejects.toMatchObject({
    code: 'DISK_FULL',
  });
});

it.each([
  ['/a/b/c', '/a', path.posix, ['/a/b', '/a']],
  ['/a', '/a', path.posix, []],
  ['C:\\a\\b', 'C:\\', path.win32, ['C:\\a', 'C:\\']],
  ['C:\\a\\b', '\\\\?\\C:\\', path.win32, ['C:\\a', 'C:\\']],
])('the folders above %s up to %s come to an end', (below, top, paths, folders) => {
  expect(foldersBetween(below, top, paths)).toEqual(folders);
});
