import { open } from 'node:fs/promises';
import { asDiskError } from './disk-error.ts';
import { removeQuietly } from './remove-quietly.ts';
import { writeAll } from './write-durably.ts';

export interface NewFileOptions {
  /** Permissions before the umask. */
  readonly mode: number;
  /** Time of the file, in Unix milliseconds; now when absent. */
  readonly modifiedMs?: number;
}

/**
 * Write a small file that is not there yet. On return its bytes, its mode and its time are on the disk (fsync); making its name
 * durable is the caller's, who renames it anyway. What lies there already is left alone.
 * @throws BranchlineError DISK_FULL or WRITE_FAILED; then nothing is left over.
 */
export async function writeNew(
  path: string,
  bytes: Uint8Array,
  { mode, modifiedMs }: NewFileOptions,
): Promise<void> {
  let made = false;
  try {
    const handle = await open(path, 'wx', mode);
    made = true;
    try {
      await writeAll(handle, bytes, 0);
      if (modifiedMs !== undefined) await handle.utimes(modifiedMs / 1000, modifiedMs / 1000);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (made) await removeQuietly([path]);
    throw asDiskError(error, path);
  }
}
