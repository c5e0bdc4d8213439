import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fsyncFolder, renameFile, type RenameOptions } from '#libs/files';
import { tempFolder } from '../support/temp-folder.ts';

const waitsMs = [1, 1, 1];

/** A disk that answers so the first `times` times. */
function heldFor(
  times: number,
  code: string,
): Required<Pick<RenameOptions, 'move'>> & { tries: number } {
  const disk = {
    tries: 0,
    move: () => {
      disk.tries += 1;
      return disk.tries > times
        ? Promise.resolve()
        : Promise.reject(Object.assign(new Error(code), { code }));
    },
  };
  return disk;
}

it.each(['EPERM', 'EACCES', 'EBUSY'])(
  'on Windows tries again while somebody holds the file (%s), and not for ever',
  async (code) => {
    const folder = await tempFolder();
    const [from, to] = [path.join(folder, 'a'), path.join(folder, 'b')];
    const short = heldFor(3, code);
    await renameFile(from, to, { platform: 'win32', waitsMs, move: short.move });
    expect(short.tries).toBe(4);
    const long = heldFor(4, code);
    await expect(
      renameFile(from, to, { platform: 'win32', waitsMs, move: long.move }),
    ).rejects.toMatchObject({ code });
    expect(long.tries).toBe(4);
  },
);

it.each([
  ['win32', 'ENOENT'],
  ['win32', 'ENOSPC'],
  ['linux', 'EPERM'],
  ['linux', 'EBUSY'],
] as const)('on %s fails at once with %s', async (platform, code) => {
  const disk = heldFor(1, code);
  await expect(
    renameFile('/no/a', '/no/b', { platform, waitsMs, move: disk.move }),
  ).rejects.toMatchObject({ code });
  expect(disk.tries).toBe(1);
});

it('on Windows does not wait for a folder in the way', async () => {
  const folder = await tempFolder();
  await mkdir(path.join(folder, 'b'));
  const disk = heldFor(1, 'EPERM');
  const to = path.join(folder, 'b');
  await expect(
    renameFile(path.join(folder, 'a'), to, { platform: 'win32', waitsMs, move: disk.move }),
  ).rejects.toMatchObject({ code: 'EPERM' });
  expect(disk.tries).toBe(1);
});

it.each(['linux', 'win32'] as const)(
  'on %s renames over a file that is there',
  async (platform) => {
    const folder = await tempFolder();
    await writeFile(path.join(folder, 'a'), 'new');
    await writeFile(path.join(folder, 'b'), 'old');
    await renameFile(path.join(folder, 'a'), path.join(folder, 'b'), { platform });
    expect(await readdir(folder)).toEqual(['b']);
    expect(await readFile(path.join(folder, 'b'), 'utf8')).toBe('new');
  },
);

it('on Windows asks nothing of a folder, as none can be opened there', async () => {
  const nowhere = path.join(await tempFolder(), 'nowhere');
  await fsyncFolder(nowhere, 'win32');
  await expect(fsyncFolder(nowhere, 'linux')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
});
