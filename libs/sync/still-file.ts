import path from 'node:path';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { openInside } from '#libs/files';

/** A file as it stood still between two looks. */
export interface StillFile {
  readonly bytes: Buffer;
  readonly modifiedMs: number;
}

/** A file that is being written is read again, this often in all. */
const tries = 3;

/**
 * Read one file of a tree whole; undefined when it is gone.
 * @throws BranchlineError FILE_CHANGED when it was written to each time, FILE_TOO_LARGE above `maxBytes`.
 */
export async function readStill(
  root: string,
  name: string,
  maxBytes: number,
): Promise<StillFile | undefined> {
  for (let n = 0; n < tries; n += 1) {
    try {
      const file = await readOnce(root, name, maxBytes);
      if (file !== undefined) return file;
    } catch (error) {
      const known = asBranchlineError(error);
      if (known.code === 'NOT_FOUND') return undefined;
      throw known;
    }
  }
  throw new BranchlineError(
    'FILE_CHANGED',
    `${path.join(root, name)} is being written to: it is left out until it stands still`,
  );
}

/** Undefined when it was written to meanwhile. */
async function readOnce(
  root: string,
  name: string,
  maxBytes: number,
): Promise<StillFile | undefined> {
  const { handle, stats } = await openInside(root, name);
  try {
    if (stats.size > maxBytes) {
      throw new BranchlineError(
        'FILE_TOO_LARGE',
        `${path.join(root, name)} has ${stats.size} bytes, more than the ${maxBytes} that go into an archive`,
      );
    }
    // One byte more than there was: a file that has grown shows it.
    const buffer = Buffer.alloc(stats.size + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const after = await handle.stat();
    const still =
      length === stats.size && after.size === stats.size && after.mtimeMs === stats.mtimeMs;
    return still ? { bytes: buffer.subarray(0, length), modifiedMs: stats.mtimeMs } : undefined;
  } finally {
    await handle.close();
  }
}
