import { rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '#libs/errors';
import { ifThere } from './if-there.ts';

export interface RenameOptions {
  readonly platform?: NodeJS.Platform;
  /** Milliseconds between the tries. */
  readonly waitsMs?: readonly number[];
  readonly move?: (from: string, to: string) => Promise<void>;
}

/** What Windows answers while somebody holds one of the two: a reader of ours, a virus scanner, a backup. */
const held = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** Five seconds in all: longer than a look of a scanner, shorter than the patience of who waits for the rename. */
const usualWaits = [10, 20, 50, 120, 300, 500, 1_000, 1_500, 1_500];

/**
 * Rename, also over a file that is there. Elsewhere than on Windows this is one call, which readers do not hinder; there it is tried
 * again for a while when somebody holds either file.
 * @throws the error of the last try.
 */
export async function renameFile(
  from: string,
  to: string,
  { platform = process.platform, waitsMs = usualWaits, move = rename }: RenameOptions = {},
): Promise<void> {
  for (const wait of platform === 'win32' ? waitsMs : []) {
    try {
      await move(from, to);
      return;
    } catch (error) {
      // A folder in the way is answered alike, and does not go away.
      if (!held.has(systemCode(error) ?? '') || (await isFolder(to))) throw error;
    }
    await sleep(wait);
  }
  await move(from, to);
}

const isFolder = async (file: string): Promise<boolean> =>
  (await ifThere(stat(file)))?.isDirectory() === true;
