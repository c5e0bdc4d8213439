import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runClient } from '../../support/real-client.ts';
import { withTempFolder } from './measure.ts';

const diskBytes = 2 * 1024 ** 3;

/**
 * Hands out a folder on an ext4 of its own, with a journal, as servers have it; where this process may not mount, on the disk of
 * other temporary files. What was done to that disk before would decide how fast it makes files: an ext4 without a
 * journal does not use an inode again for minutes, and searches past it.
 */
export async function withFreshDisk<T>(work: (folder: string) => Promise<T>): Promise<T> {
  return await withTempFolder(async (folder) => {
    const image = path.join(folder, 'disk.img');
    const disk = path.join(folder, 'disk');
    await mkdir(disk);
    await writeFile(image, '');
    await truncate(image, diskBytes);
    const steps = [
      ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image],
      ['mount', '-o', 'loop', image, disk],
    ] as const;
    for (const [program, ...args] of steps) {
      if ((await runClient(program, args)).status !== 0) return await work(folder);
    }
    try {
      return await work(disk);
    } finally {
      await runClient('umount', [disk]);
    }
  });
}
