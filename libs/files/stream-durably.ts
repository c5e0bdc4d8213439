import { open, stat, type FileHandle } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';
import { asDiskError } from './disk-error.ts';
import { renameDurably } from './durable-folder.ts';
import { partialBeside } from './partial-name.ts';
import { removeQuietly } from './remove-quietly.ts';
import { writeAll } from './write-durably.ts';

export interface StreamOptions {
  /** Of the whole file. */
  readonly maxBytes: number;
  /** First bytes of the old file that stay, or all of them. Default: none. */
  readonly keep?: number | 'all';
  /** The last chance to say no: the bytes are on the disk, the old file is still in place. */
  readonly beforeRename?: () => void;
}

/** Small chunks are gathered up to this many bytes. */
const gatherBytes = 1_048_576;

/**
 * Replace a file by what a stream brings, whole or not at all: temporary file beside it → fsync → rename → fsync of the
 * folder. Returns its size. When anything fails, `body` included, the old file is untouched and nothing is left over.
 * @throws BranchlineError FILE_TOO_LARGE, LENGTH_MISMATCH when the old file has fewer bytes than are to stay, DISK_FULL,
 * WRITE_FAILED, and what `body` throws.
 */
export async function streamDurably(
  path: string,
  body: AsyncIterable<Buffer>,
  options: StreamOptions,
): Promise<number> {
  const temporary = partialBeside(path);
  try {
    const mode = await modeOf(path);
    const handle = await open(temporary, 'wx', mode ?? 0o666);
    let size: number;
    try {
      // The umask must not narrow what the operator has set on the file before.
      if (mode !== undefined) await handle.chmod(mode);
      const kept = await keepOld(path, handle, options);
      size = await writeBody(path, body, handle, { position: kept, maxBytes: options.maxBytes });
      await handle.sync();
    } finally {
      await handle.close();
    }
    options.beforeRename?.();
    await renameDurably(temporary, path);
    return size;
  } catch (error) {
    await removeQuietly([temporary]);
    throw asDiskError(error, path);
  }
}

async function writeBody(
  path: string,
  body: AsyncIterable<Buffer>,
  handle: FileHandle,
  { position, maxBytes }: { position: number; maxBytes: number },
): Promise<number> {
  let written = position;
  let gathered: Buffer[] = [];
  let waiting = 0;
  const flush = async (): Promise<void> => {
    const bytes = gathered.length === 1 ? gathered[0] : Buffer.concat(gathered, waiting);
    if (bytes !== undefined) await writeAll(handle, bytes, written);
    written += waiting;
    gathered = [];
    waiting = 0;
  };
  for await (const chunk of body) {
    if (written + waiting + chunk.length > maxBytes) throw tooLarge(path, maxBytes);
    gathered.push(chunk);
    waiting += chunk.length;
    if (waiting >= gatherBytes) await flush();
  }
  await flush();
  return written;
}

/** Copy what stays of the old file; returns its bytes. */
async function keepOld(
  path: string,
  target: FileHandle,
  { keep = 0, maxBytes }: StreamOptions,
): Promise<number> {
  if (keep === 0) return 0;
  let old: FileHandle;
  try {
    old = await open(path, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (keep === 'all') return 0;
    throw tooShort(path, keep);
  }
  try {
    const { size } = await old.stat();
    const wanted = keep === 'all' ? size : keep;
    if (wanted > size) throw tooShort(path, wanted);
    if (wanted > maxBytes) throw tooLarge(path, maxBytes);
    const buffer = Buffer.allocUnsafe(Math.min(gatherBytes, wanted));
    for (let done = 0; done < wanted;) {
      const most = Math.min(buffer.length, wanted - done);
      const { bytesRead } = await old.read(buffer, 0, most, done);
      if (bytesRead === 0) throw tooShort(path, wanted);
      await writeAll(target, buffer.subarray(0, bytesRead), done);
      done += bytesRead;
    }
    return wanted;
  } finally {
    await old.close();
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return undefined;
  }
}

const tooLarge = (path: string, maxBytes: number): BranchlineError =>
  new BranchlineError(
    'FILE_TOO_LARGE',
    `${path} is refused: more than the ${maxBytes} bytes that one file may have here`,
  );

const tooShort = (path: string, keep: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${path} has fewer than ${keep} bytes: the upload cannot go on there`,
  );
