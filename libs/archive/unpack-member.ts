import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { BranchlineError, systemCode } from '#libs/errors';
import { allOf, asDiskError, writeAll, type Digest } from '#libs/files';
import type { ArchiveEntry } from './archive.ts';
import { refusal } from './refusal.ts';

/** One member, and the new files that its bytes go to. */
export interface MemberOrder {
  readonly entry: ArchiveEntry;
  readonly destinations: readonly string[];
}

/** zlib's own 16 KiB would spend more time between threads than inflating. */
const CHUNK = 524_288;

/**
 * Inflate one member once and write it to all its destinations, holding it to its declared size and checksum. On
 * return the bytes are on the disk.
 * @throws BranchlineError ARCHIVE_SIZE_LIES, ARCHIVE_CRC_WRONG, ARCHIVE_UNREADABLE, DISK_FULL or WRITE_FAILED.
 */
export async function unpackMember(
  path: string,
  archive: FileHandle,
  order: MemberOrder,
  onBytes: (bytes: number) => void,
): Promise<Digest> {
  const { entry, destinations } = order;
  const outputs: Output[] = [];
  try {
    for (const target of destinations) outputs.push(await Output.create(target));
    const hash = createHash('sha256');
    let size = 0;
    let checksum = 0;
    const take = async (chunk: Buffer): Promise<void> => {
      if (size + chunk.length > entry.size) throw sizeLies(path, entry, 'more');
      const writes = outputs.map((output) => output.write(chunk, size));
      checksum = crc32(chunk, checksum);
      hash.update(chunk);
      await allOf(writes);
      size += chunk.length;
      onBytes(chunk.length);
    };
    await (entry.method === 'stored' ? copyOut : inflate)(path, archive, entry, take);
    if (size < entry.size) throw sizeLies(path, entry, 'fewer');
    if (checksum !== entry.crc32) {
      const why = `its bytes have the checksum ${hex(checksum)}, not ${hex(entry.crc32)}`;
      throw refusal('ARCHIVE_CRC_WRONG', path, entry.name, why);
    }
    await allOf(outputs.map((output) => output.sync()));
    return { sha256: hash.digest('hex'), size };
  } finally {
    await Promise.allSettled(outputs.map((output) => output.close()));
  }
}

type Take = (chunk: Buffer) => Promise<void>;

async function copyOut(
  path: string,
  archive: FileHandle,
  entry: ArchiveEntry,
  take: Take,
): Promise<void> {
  for await (const chunk of packedChunks(path, archive, entry)) await take(chunk);
}

async function inflate(
  path: string,
  archive: FileHandle,
  entry: ArchiveEntry,
  take: Take,
): Promise<void> {
  const inflater = createInflateRaw({ chunkSize: CHUNK });
  try {
    await pipeline(
      packedChunks(path, archive, entry),
      inflater,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) await take(chunk);
      },
    );
  } catch (error) {
    throw asInflateError(error, path, entry);
  }
  if (inflater.bytesWritten !== entry.compressedSize) throw sizeLies(path, entry, 'more packed');
}

/** The packed bytes, in buffers of their own, as zlib still reads one while the next is being filled. */
async function* packedChunks(
  path: string,
  archive: FileHandle,
  entry: ArchiveEntry,
): AsyncGenerator<Buffer, void, undefined> {
  for (let done = 0; done < entry.compressedSize;) {
    const wanted = Math.min(CHUNK, entry.compressedSize - done);
    const { bytesRead, buffer } = await archive.read(
      Buffer.allocUnsafeSlow(wanted),
      0,
      wanted,
      entry.dataOffset + done,
    );
    if (bytesRead === 0) {
      throw refusal('ARCHIVE_UNREADABLE', path, entry.name, 'the archive became shorter');
    }
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

/** One new file being written. */
class Output {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<Output> {
    try {
      return new Output(path, await open(path, 'wx'));
    } catch (error) {
      throw asDiskError(error, path);
    }
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    try {
      await writeAll(this.#handle, bytes, position);
    } catch (error) {
      throw asDiskError(error, this.#path);
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (error) {
      throw asDiskError(error, this.#path);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function asInflateError(thrown: unknown, path: string, entry: ArchiveEntry): unknown {
  if (thrown instanceof BranchlineError) return thrown;
  const code = systemCode(thrown);
  if (code === 'Z_BUF_ERROR') return sizeLies(path, entry, 'fewer packed', thrown);
  if (code !== 'Z_DATA_ERROR') return thrown;
  const why = 'its packed bytes are damaged';
  return refusal('ARCHIVE_UNREADABLE', path, entry.name, why, { cause: thrown });
}

const sizeLies = (path: string, entry: ArchiveEntry, which: string, cause?: unknown): Error =>
  refusal('ARCHIVE_SIZE_LIES', path, entry.name, `it has ${which} bytes than it claims`, { cause });

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');
