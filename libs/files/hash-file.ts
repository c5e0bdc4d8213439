import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

export interface Digest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Bytes that were hashed. */
  readonly size: number;
}

/** Big enough to be fast, small enough not to hold the event loop: 1 MiB is hashed in about half a millisecond. */
const CHUNK = 1_048_576;

/** SHA-256 of a file's bytes as they are read; the next MiB is read while this one is hashed. */
export async function hashFile(
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Digest> {
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const size = await eachChunk(handle, options.signal, (chunk) => {
      hash.update(chunk);
    });
    return { sha256: hash.digest('hex'), size };
  } finally {
    await handle.close();
  }
}

/**
 * Read an open file from its start with two alternating buffers, `take` working on one while the other is filled.
 * The chunk is only valid until `take` has returned or resolved. Returns the bytes read.
 */
export async function eachChunk(
  handle: FileHandle,
  signal: AbortSignal | undefined,
  take: (chunk: Buffer, position: number) => Promise<void> | void,
): Promise<number> {
  // Thousands of small files in a row: two MiB for each would keep the allocator busier than the hash.
  const bytes = Math.min(CHUNK, (await handle.stat()).size + 1);
  let filled = Buffer.allocUnsafe(bytes);
  let spare = Buffer.allocUnsafe(bytes);
  let position = 0;
  let { bytesRead } = await handle.read(filled, 0, bytes, position);
  while (bytesRead > 0) {
    signal?.throwIfAborted();
    const chunk = filled.subarray(0, bytesRead);
    const next = handle.read(spare, 0, bytes, position + bytesRead);
    // Settled even when `take` throws: no read may run on a handle that is being closed.
    const [taken, read] = await Promise.allSettled([taking(take, chunk, position), next]);
    if (taken.status === 'rejected') throw taken.reason;
    if (read.status === 'rejected') throw read.reason;
    position += bytesRead;
    ({ bytesRead } = read.value);
    [filled, spare] = [spare, filled];
  }
  return position;
}

async function taking(
  take: (chunk: Buffer, position: number) => Promise<void> | void,
  chunk: Buffer,
  position: number,
): Promise<void> {
  await take(chunk, position);
}
