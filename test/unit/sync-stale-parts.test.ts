import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { sweepStaleParts } from '#libs/sync';
import { tempFolder } from '../support/temp-folder.ts';

it('removes parts that nobody goes on with, so many at a time, and nothing else', async () => {
  const folder = await tempFolder('branchline-parts-');
  const old = Date.now() - 60_000;
  for (const name of ['a.partial', 'b.partial', 'c.partial', 'old.txt', 'fresh.partial']) {
    await writeFile(path.join(folder, name), 'x');
    const at = (name.startsWith('fresh') ? Date.now() : old) / 1000;
    await utimes(path.join(folder, name), at, at);
  }
  const sweep = () => sweepStaleParts({ folder, before: Date.now() - 30_000, limit: 2 });
  expect(await sweep()).toHaveLength(2);
  expect(await sweep()).toHaveLength(1);
  expect((await readdir(folder)).toSorted()).toEqual(['fresh.partial', 'old.txt']);
  const absent = { folder: path.join(folder, 'absent'), before: Date.now(), limit: 2 };
  expect(await sweepStaleParts(absent)).toEqual([]);
});
