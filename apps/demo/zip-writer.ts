import { open, rm, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { BranchlineError } from '#libs/errors';
import { partialBeside, renameDurably, writeAll } from '#libs/files';

export interface ZipEntryOptions {
  /** `store` writes the bytes as they are. Default: deflate. */
  readonly method?: 'deflate' | 'store';
  /** Default: 1 January 2026, so that the same input gives the same archive. */
  readonly modified?: Date;
}

interface Entry {
  readonly name: Buffer;
  readonly method: 0 | 8;
  readonly modified: Date;
  readonly folder: boolean;
  readonly offset: number;
  crc: number;
  compressed: number;
  size: number;
}

const newYear = new Date(2026, 0, 1);
const limit = 0xffffffff;

/**
 * Writes a zip of any size below 4 GiB member by member, holding one chunk in memory (APPNOTE 6.3.10, without ZIP64).
 * Sizes and CRC stand in the local headers, filled in afterwards: no data descriptors, which old readers stumble over.
 */
export class ZipWriter {
  readonly #target: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  readonly #entries: Entry[] = [];
  #position = 0;

  /** The archive appears at `target` whole, when `finish` has resolved. */
  static async create(target: string): Promise<ZipWriter> {
    const partial = partialBeside(target);
    return new ZipWriter(target, partial, await open(partial, 'wx'));
  }

  private constructor(target: string, partial: string, handle: FileHandle) {
    this.#target = target;
    this.#partial = partial;
    this.#handle = handle;
  }

  /** Add one file; `chunks` is read once. Level 1: firmware is compressed already. */
  async add(
    name: string,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
    options: ZipEntryOptions = {},
  ): Promise<void> {
    const { method = 'deflate', modified = newYear } = options;
    const entry = this.#begin(name, method === 'deflate' ? 8 : 0, modified, false);
    const headerAt = this.#position;
    this.#position += localHeader(entry).length;
    const counted = countedInto(entry, chunks);
    for await (const chunk of method === 'deflate' ? deflated(counted) : counted) {
      await this.#write(chunk);
      entry.compressed += chunk.length;
    }
    await writeAll(this.#handle, localHeader(entry), headerAt);
  }

  /** Add an empty folder entry, as zip programs do before the files in it. */
  async addFolder(name: string): Promise<void> {
    await this.#write(localHeader(this.#begin(`${name}/`, 0, newYear, true)));
  }

  /** Write the central directory, sync, and give the archive its name. Returns its size in bytes. */
  async finish(): Promise<number> {
    const directoryAt = this.#position;
    for (const entry of this.#entries) await this.#write(centralHeader(entry));
    await this.#write(endRecord(this.#entries.length, directoryAt, this.#position - directoryAt));
    await this.#handle.sync();
    await this.#handle.close();
    await renameDurably(this.#partial, this.#target);
    return this.#position;
  }

  /** Give up: nothing stays behind. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#partial, { force: true });
  }

  #begin(name: string, method: 0 | 8, modified: Date, folder: boolean): Entry {
    const offset = this.#position;
    const counts = { crc: 0, compressed: 0, size: 0 };
    const entry = { name: Buffer.from(name), method, modified, folder, offset, ...counts };
    if (this.#entries.push(entry) > 0xfffe) throw this.#tooLarge();
    return entry;
  }

  async #write(bytes: Buffer): Promise<void> {
    await writeAll(this.#handle, bytes, this.#position);
    this.#position += bytes.length;
    if (this.#position >= limit) throw this.#tooLarge();
  }

  #tooLarge(): BranchlineError {
    return new BranchlineError(
      'FILE_TOO_LARGE',
      `zip ${this.#target} would need ZIP64 (4 GiB or 65,535 members): ask for less`,
    );
  }
}

async function* countedInto(
  entry: Entry,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    entry.crc = crc32(chunk, entry.crc);
    entry.size += chunk.length;
    yield chunk;
  }
}

/** Large chunks: zlib's default of 16 KiB is a trip to the thread pool for each. */
function deflated(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const deflate = createDeflateRaw({ level: constants.Z_BEST_SPEED, chunkSize: 524_288 });
  return Readable.from(chunks, { highWaterMark: 2 }).compose<typeof deflate>(deflate);
}

/** Version 2.0, then the fields that the local and the central header share. */
function commonFields(entry: Entry): Buffer {
  const bytes = Buffer.alloc(26);
  const { modified } = entry;
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(isAscii(entry.name) ? 0 : 0x0800, 2);
  bytes.writeUInt16LE(entry.method, 4);
  bytes.writeUInt16LE((modified.getHours() << 11) | (modified.getMinutes() << 5), 6);
  const date = ((modified.getFullYear() - 1980) << 9) | ((modified.getMonth() + 1) << 5);
  bytes.writeUInt16LE(date | modified.getDate(), 8);
  bytes.writeUInt32LE(entry.crc, 10);
  bytes.writeUInt32LE(entry.compressed, 14);
  bytes.writeUInt32LE(entry.size, 18);
  bytes.writeUInt16LE(entry.name.length, 22);
  return bytes;
}

function localHeader(entry: Entry): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04'), commonFields(entry), entry.name]);
}

function centralHeader(entry: Entry): Buffer {
  const madeBy = Buffer.from([20, 3]);
  const rest = Buffer.alloc(14);
  // Made by Unix: the mode in the upper half, the MS-DOS folder flag in the lower.
  const mode = entry.folder ? 0o040755 : 0o100644;
  rest.writeUInt32LE(mode * 0x10000 + (entry.folder ? 0x10 : 0), 6);
  rest.writeUInt32LE(entry.offset, 10);
  return Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, commonFields(entry), rest, entry.name]);
}

function endRecord(entries: number, offset: number, size: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.write('PK\x05\x06', 'latin1');
  bytes.writeUInt16LE(entries, 8);
  bytes.writeUInt16LE(entries, 10);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt32LE(offset, 16);
  return bytes;
}

const isAscii = (bytes: Buffer): boolean => bytes.every((byte) => byte < 0x80);
