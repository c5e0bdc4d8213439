import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { systemCode } from '#libs/errors';
import type { Digest } from '#libs/files';
import type { ArchiveEntry } from './archive.ts';
import { NewFile } from './new-file.ts';
import { refusal } from './refusal.ts';

/** One member, and the new files that its bytes go to. */
export interface MemberOrder {
  readonly entry: ArchiveEntry;
  readonly destinations: readonly string[];
}

/** An archive open for unpacking. */
export interface OpenArchive {
  readonly path: string;
  readonly descriptor: number;
}

/** zlib's own 16 KiB would spend more time between threads than inflating; larger ones only cost memory. */
export const CHUNK = 262_144;

/**
 * Inflate one member once and write it to all its destinations, holding it to its declared size and checksum. Syncing
 * them is the caller's. `scratch` holds the packed bytes and belongs to this call until it is over.
 * @throws BranchlineError ARCHIVE_SIZE_LIES, ARCHIVE_CRC_WRONG, ARCHIVE_UNREADABLE, DISK_FULL or WRITE_FAILED.
 */
export async function unpackMember(
  archive: OpenArchive,
  { entry, destinations }: MemberOrder,
  scratch: Buffer,
  onBytes: (bytes: number) => void,
): Promise<Digest> {
  const files: NewFile[] = [];
  try {
    for (const target of destinations) files.push(new NewFile(target));
    const hash = createHash('sha256');
    let size = 0;
    let checksum = 0;
    const take = (chunk: Buffer): void => {
      if (size + chunk.length > entry.size) throw sizeLies(archive, entry, 'more');
      for (const file of files) file.write(chunk, size);
      checksum = crc32(chunk, checksum);
      hash.update(chunk);
      size += chunk.length;
      onBytes(chunk.length);
    };
    const packed = packedChunks(archive, entry, scratch);
    if (entry.method === 'stored') for (const chunk of packed) take(chunk);
    else await inflate(archive, entry, packed, take);
    if (size < entry.size) throw sizeLies(archive, entry, 'fewer');
    if (checksum !== entry.crc32) {
      const why = `its bytes have the checksum ${hex(checksum)}, not ${hex(entry.crc32)}`;
      throw refusal('ARCHIVE_CRC_WRONG', archive.path, entry.name, why);
    }
    return { sha256: hash.digest('hex'), size };
  } finally {
    for (const file of files) file.close();
  }
}

/** Each chunk is valid until the next is asked for. */
function* packedChunks(
  archive: OpenArchive,
  entry: ArchiveEntry,
  scratch: Buffer,
): Generator<Buffer, void, undefined> {
  for (let done = 0; done < entry.compressedSize;) {
    const wanted = Math.min(scratch.length, entry.compressedSize - done);
    const read = readSync(archive.descriptor, scratch, 0, wanted, entry.dataOffset + done);
    if (read === 0) {
      throw refusal('ARCHIVE_UNREADABLE', archive.path, entry.name, 'the archive became shorter');
    }
    yield scratch.subarray(0, read);
    done += read;
  }
}

/** zlib works on its own thread; `take` gets what comes out, one chunk at a time. */
async function inflate(
  archive: OpenArchive,
  entry: ArchiveEntry,
  packed: Iterable<Buffer>,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const inflater = createInflateRaw({ chunkSize: CHUNK });
  const over = Promise.withResolvers<never>();
  inflater.on('error', over.reject);
  inflater.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
      release(chunk);
    } catch (error) {
      inflater.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  try {
    await Promise.race([feed(archive, entry, packed, inflater), over.promise]);
  } catch (error) {
    throw asInflateError(error, archive, entry);
  } finally {
    inflater.destroy();
  }
}

/**
 * Free a chunk's memory at once, not when the garbage is collected: that would come late, at some 40 MiB. zlib takes a
 * new buffer when one is full, so only a chunk that reaches to the end of its buffer is the last user.
 */
function release(chunk: Buffer): void {
  const { buffer } = chunk;
  const isFull = chunk.byteOffset + chunk.length === buffer.byteLength;
  if (isFull && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

async function feed(
  archive: OpenArchive,
  entry: ArchiveEntry,
  packed: Iterable<Buffer>,
  inflater: InflateRaw,
): Promise<void> {
  let fed = 0;
  for (const chunk of packed) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    inflater.write(chunk, resolve);
    await promise;
    if (inflater.errored !== null) throw inflater.errored;
    fed += chunk.length;
    // The packed data ended before its claimed end; what follows it would be hidden.
    if (inflater.bytesWritten !== fed) throw sizeLies(archive, entry, 'more packed');
  }
  const { promise, resolve } = Promise.withResolvers<unknown>();
  inflater.once('end', resolve);
  inflater.end();
  await promise;
}

function asInflateError(thrown: unknown, archive: OpenArchive, entry: ArchiveEntry): unknown {
  const code = systemCode(thrown);
  if (code === 'Z_BUF_ERROR') return sizeLies(archive, entry, 'fewer packed', thrown);
  if (code !== 'Z_DATA_ERROR') return thrown;
  const why = 'its packed bytes are damaged';
  return refusal('ARCHIVE_UNREADABLE', archive.path, entry.name, why, { cause: thrown });
}

const sizeLies = (
  archive: OpenArchive,
  entry: ArchiveEntry,
  which: string,
  cause?: unknown,
): Error =>
  refusal('ARCHIVE_SIZE_LIES', archive.path, entry.name, `it has ${which} bytes than it claims`, {
    cause,
  });

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');
