import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { asDiskError } from './disk-error.ts';
import { makeFolder, renameDurably } from './durable-folder.ts';
import { partialBeside } from './partial-name.ts';
import { removeQuietly } from './remove-quietly.ts';
import { writeAll } from './write-durably.ts';

export interface StreamOptions {
  /** Of the whole file. */
  readonly maxBytes: number;
  /** First bytes of the old file that stay, or all of them. Default: none. */
  readonly keep?: number | 'all';
  /** Where the temporary file is written, on the same disk; beside the target when nobody says. */
  readonly incoming?: string;
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
  target: string,
  body: AsyncIterable<Buffer>,
  options: StreamOptions,
): Promise<number> {
  const { incoming } = options;
  const temporary = partialBeside(
    incoming === undefined ? target : path.join(incoming, path.basename(target)),
  );
  try {
    if (incoming !== undefined) await makeFolder(incoming, 0o750);
    const mode = await modeOf(target);
    const handle = await open(temporary, 'wx', mode ?? 0o666);
    let size: number;
    try {
      // The umask must not narrow what the operator has set on the file before.
      if (mode !== undefined) await handle.chmod(mode);
      const kept = await keepOld(target, handle, options);
      size = await writeBody(target, body, handle, { position: kept, maxBytes: options.maxBytes });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameDurably(temporary, target);
    return size;
  } catch (error) {
    await removeQuietly([temporary]);
    throw asDiskError(error, target);
  }
}

async function writeBody(
  target: string,
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
    if (written + waiting + chunk.length > maxBytes) throw tooLarge(target, maxBytes);
    gathered.push(chunk);
    waiting += chunk.length;
    if (waiting >= gatherBytes) await flush();
  }
  await flush();
  return written;
}

/** Copy what stays of the old file; returns its bytes. */
async function keepOld(
  target: string,
  copy: FileHandle,
  { keep = 0, maxBytes }: StreamOptions,
): Promise<number> {
  if (keep === 0) return 0;
  let old: FileHandle;
  try {
    old = await open(target, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (keep === 'all') return 0;
    throw tooShort(target, keep);
  }
  try {
    const { size } = await old.stat();
    const wanted = keep === 'all' ? size : keep;
    if (wanted > size) throw tooShort(target, wanted);
    if (wanted > maxBytes) throw tooLarge(target, maxBytes);
    const buffer = Buffer.allocUnsafe(Math.min(gatherBytes, wanted));
    for (let done = 0; done < wanted;) {
      const most = Math.min(buffer.length, wanted - done);
      const { bytesRead } = await old.read(buffer, 0, most, done);
      if (bytesRead === 0) throw tooShort(target, wanted);
      await writeAll(copy, buffer.subarray(0, bytesRead), done);
      done += bytesRead;
    }
    return wanted;
  } finally {
    await old.close();
  }
}

async function modeOf(target: string): Promise<number | undefined> {
  try {
    return (await stat(target)).mode & 0o777;
  } catch {
    return undefined;
  }
}

const tooLarge = (target: string, maxBytes: number): BranchlineError =>
  new BranchlineError(
    'FILE_TOO_LARGE',
    `${target} is refused: more than the ${maxBytes} bytes that one file may have here`,
  );

const tooShort = (target: string, keep: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${target} has fewer than ${keep} bytes: the upload cannot go on there`,
  );
