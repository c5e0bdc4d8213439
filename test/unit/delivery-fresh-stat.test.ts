import { renameSync, statfsSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FreshStat } from '../../libs/delivery/fresh-stat.ts';
import { HotPaths } from '../../libs/delivery/hot-paths.ts';
import { tempTree } from '../support/temp-tree.ts';

/** A file that was looked at until looking at it takes no other thread. */
async function hotFile(): Promise<{ stat: FreshStat; file: string }> {
  const file = path.join(await tempTree({ 'a.txt': 'old' }), 'a.txt');
  const stat = new FreshStat();
  for (let n = 0; n < 20; n += 1) await stat.at(file);
  return { stat, file };
}

it('never answers with what was there before the question', async () => {
  const { stat, file } = await hotFile();
  for (let n = 1; n <= 200; n += 1) {
    const asked = stat.at(file);
    writeFileSync(`${file}.new`, 'x'.repeat(n));
    renameSync(`${file}.new`, file);
    // Asked before the change: either will do. After it, only the new one.
    expect((await asked)?.isFile()).toBe(true);
    expect(Number((await stat.at(file))?.size)).toBe(n);
  }
});

it('looks once for all who ask in one turn', async () => {
  const { stat, file } = await hotFile();
  const all = await Promise.all(Array.from({ length: 50 }, () => stat.at(file)));
  expect(new Set(all).size).toBe(1);
  await writeFile(file, 'newer bytes');
  expect(Number((await stat.at(file))?.size)).toBe(11);
});

it('tells a name that is gone, and one below a file', async () => {
  const { stat, file } = await hotFile();
  renameSync(file, `${file}.gone`);
  expect(await stat.at(file)).toBeUndefined();
  expect(await stat.at(`${file}.gone/below`)).toBeUndefined();
  expect(await stat.at(`${file}\0`).catch((error: unknown) => error)).toBeInstanceOf(Error);
});

it('keeps nobody waiting after a look that took its time', async () => {
  const file = path.join(await tempTree({ 'a.txt': 'A' }), 'a.txt');
  const [found, hot] = [await new FreshStat().at(file), new HotPaths()];
  hot.seen(file, found);
  // Only where the disk is known to be one of this machine.
  if (statfsSync(path.dirname(file)).type === 0x6969) return;
  await expect.poll(() => (hot.seen(file, found), hot.has(file))).toBe(true);
  hot.timed(file, () => {
    for (const end = performance.now() + 6; performance.now() < end;);
    return found;
  });
  expect(hot.has(file)).toBe(false);
  hot.seen(file, found);
  expect(hot.has(file)).toBe(false);
});
