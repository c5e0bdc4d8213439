import { writeSync, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { renameDurably } from './durable-folder.ts';
import { asDiskError } from './disk-error.ts';
import { ifThere } from './if-there.ts';
import { partialBeside } from './partial-name.ts';
import { removeQuietly } from './remove-quietly.ts';

export interface WriteOptions {
  /** Permissions before the umask. Default: those of the file that is replaced, else 0o666; its owner stays in any case. */
  readonly mode?: number;
}

/** Write all of `bytes` at `position`; a short write is continued, not believed. */
export async function writeAll(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error(`the disk took ${done} of ${bytes.length} bytes`);
    done += bytesWritten;
  }
}

/** The same for a thread of its own, which may wait for the disk. */
export function writeAllSync(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const written = writeSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (written === 0) throw new Error(`the disk took ${done} of ${bytes.length} bytes`);
    done += written;
  }
}

/**
 * Replace a file so that readers and power cuts see the old bytes or the new ones, never a mixture:
 * temporary file beside it → fsync → rename → fsync of the folder. After return the bytes are safe.
 * @throws BranchlineError DISK_FULL or WRITE_FAILED; then the old file is untouched and nothing is left over.
 */
export async function writeDurably(
  path: string,
  bytes: Buffer | string,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = partialBeside(path);
  try {
    const replaced = await ifThere(stat(path));
    const kept = options.mode === undefined ? replaced && replaced.mode & 0o777 : undefined;
    const handle = await open(temporary, 'wx', options.mode ?? kept ?? 0o666);
    try {
      if (replaced !== undefined) await keepOwner(handle, replaced);
      // The umask must not narrow what the operator has set on the file before.
      if (kept !== undefined) await handle.chmod(kept);
      await writeAll(handle, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await removeQuietly([temporary]);
    throw asDiskError(error, path);
  }
}

/** A command that root runs must not take a file from the server's user; nobody else can give a file away (chown(2)). */
async function keepOwner(handle: FileHandle, { uid, gid }: Stats): Promise<void> {
  if (process.geteuid?.() === 0) await handle.chown(uid, gid);
}
