import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { requireSpace } from '#libs/files';
import { silentLogger } from '#libs/observe';
import { DiskWatch } from '#libs/sync';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';

const mib = 1024 ** 2;

/** A disk of 100 MiB; `fill` brings it to so many percent. */
async function watched(reserveBytes: number) {
  const folder = await smallDisk(100 * mib);
  const told: string[] = [];
  const watch = new DiskWatch({
    folders: [folder, path.join(folder, 'not', 'there', 'yet')],
    ...{ lowPercent: 80, alarmPercent: 90, reserveBytes, everyMs: 60_000, log: silentLogger() },
    onLow: ({ level }) => told.push(level),
  });
  const fill = async (percent: number): Promise<string> => {
    await rm(path.join(folder, 'ballast'), { force: true });
    await writeFile(path.join(folder, 'ballast'), Buffer.alloc(percent * mib));
    return (await watch.look())[1]?.level ?? '';
  };
  return { folder, told, fill };
}

it.skipIf(!canMountTmpfs())(
  'tells of each step up once, and not again at its edge (tmpfs)',
  async () => {
    const { told, fill } = await watched(0);
    const levels = [];
    for (const percent of [10, 79, 81, 79, 83, 91, 89, 91, 87, 81, 77, 85, 95]) {
      levels.push(await fill(percent));
    }
    expect(levels).toEqual([
      ...['ok', 'ok', 'low', 'low', 'low', 'alarm', 'alarm', 'alarm', 'low', 'low', 'ok', 'low'],
      'alarm',
    ]);
    expect(told).toEqual(['low', 'alarm', 'low', 'alarm']);
  },
);

it.skipIf(!canMountTmpfs())(
  'raises both before intake refuses, however small the disk (tmpfs)',
  async () => {
    const reserve = 30 * mib;
    const { folder, fill } = await watched(reserve);
    const levels = [];
    for (const percent of [30, 50, 60]) {
      levels.push(await fill(percent));
      await requireSpace(folder, mib, reserve);
    }
    expect(levels).toEqual(['ok', 'low', 'alarm']);
    await fill(75);
    await expect(requireSpace(folder, mib, reserve)).rejects.toMatchObject({ code: 'DISK_FULL' });
  },
);
