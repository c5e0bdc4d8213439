import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { writeNew } from '#libs/files';
import { tempFolder } from '../support/temp-folder.ts';

it('writes a file with the mode and the time that it is given', async () => {
  const file = path.join(await tempFolder(), 'new');
  await writeNew(file, Buffer.from('bytes'), { mode: 0o600, modifiedMs: 1_600_000_000_000 });
  const { mode, mtimeMs } = await stat(file);
  expect(await readFile(file, 'utf8')).toBe('bytes');
  expect([mode & 0o777, mtimeMs]).toEqual([0o600, 1_600_000_000_000]);
});

it('leaves alone what lies there already', async () => {
  const file = path.join(await tempFolder(), 'there');
  await writeFile(file, 'before');
  await expect(writeNew(file, Buffer.from('after'), { mode: 0o640 })).rejects.toMatchObject({
    ...{ code: 'WRITE_FAILED', cause: { code: 'EEXIST' } },
  });
  expect(await readFile(file, 'utf8')).toBe('before');
});

it('leaves nothing of a file that it could not finish', async () => {
  const folder = await tempFolder();
  const bad = { mode: 0o640, modifiedMs: Number.NaN };
  await expect(
    writeNew(path.join(folder, 'half'), Buffer.from('bytes'), bad),
  ).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(await readdir(folder)).toEqual([]);
});
