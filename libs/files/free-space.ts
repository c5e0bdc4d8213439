import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';

/** Bytes that we may still write on the disk of `folder` (or of its nearest parent that exists). */
export async function freeBytes(folder: string): Promise<number> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      const disk = await statfs(at);
      return disk.bavail * disk.bsize;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || at === path.dirname(at)) throw error;
    }
  }
}

/**
 * Ask before starting what may not fit: `bytes` to be written, `reserve` to be left for everybody else.
 * @throws BranchlineError DISK_FULL.
 */
export async function requireSpace(folder: string, bytes: number, reserve: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= bytes + reserve) return;
  throw new BranchlineError(
    'DISK_FULL',
    `${folder} has ${inMiB(free)} free, needed are ${inMiB(bytes)} and a reserve of ${inMiB(reserve)}: ` +
      'free some space, the work goes on by itself',
  );
}

const inMiB = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
