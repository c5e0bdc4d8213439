import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';
import { asDiskError } from './disk-error.ts';
import { eachChunk, type Digest } from './hash-file.ts';
import { removeQuietly } from './remove-quietly.ts';
import { writeAll } from './write-durably.ts';

export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Told the bytes read so far after each MiB. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Copy one file to several new ones, reading and hashing it once. On return each copy is on the disk (fsync); making
 * its name durable is the caller's, who renames it anyway. On failure no destination is left.
 * @throws BranchlineError NOT_FOUND, FILE_CHANGED when the source was edited meanwhile, DISK_FULL, WRITE_FAILED, or the
 * abort's reason.
 */
export async function copyInto(
  source: string,
  destinations: readonly string[],
  options: CopyOptions = {},
): Promise<Digest> {
  const handle = await openSource(source);
  const outputs: { path: string; handle: FileHandle }[] = [];
  try {
    const before = await handle.stat();
    for (const path of destinations) {
      outputs.push({ path, handle: await writing(path, () => open(path, 'wx')) });
    }
    const hash = createHash('sha256');
    const size = await eachChunk(handle, options.signal, async (chunk, position) => {
      const writes = outputs.map((output) =>
        writing(output.path, () => writeAll(output.handle, chunk, position)),
      );
      hash.update(chunk);
      await allOf(writes);
      options.onBytes?.(position + chunk.length);
    });
    const after = await stat(source);
    if (size !== before.size || after.mtimeMs !== before.mtimeMs || after.ino !== before.ino) {
      throw new BranchlineError(
        'FILE_CHANGED',
        `${source} was changed while it was being copied: it is taken again once it stands still`,
      );
    }
    await allOf(outputs.map((output) => writing(output.path, () => output.handle.sync())));
    await allOf([handle, ...outputs.map((output) => output.handle)].map(close));
    return { sha256: hash.digest('hex'), size };
  } catch (error) {
    await Promise.allSettled([handle, ...outputs.map((output) => output.handle)].map(close));
    await removeQuietly(outputs.map((output) => output.path));
    throw error;
  }
}

/** Like Promise.all, but settles only when all have: nothing is still writing when the files are closed. */
export async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asDiskError(error, path);
  }
}

const close = (handle: FileHandle): Promise<void> => handle.close();

async function openSource(source: string): Promise<FileHandle> {
  try {
    return await open(source, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new BranchlineError('NOT_FOUND', `${source} is no longer there`, { cause: error });
  }
}
