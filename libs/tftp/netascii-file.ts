import { BranchlineError } from '#libs/errors';
import type { ServedFile } from '#libs/delivery';

/** Bytes of the file between two marks, and the most that one read converts. */
const stride = 64 * 1024;
/** Bytes; text for a phone is never larger, and the whole file is read once to learn its length. */
const maxBytes = 256 * 1024 * 1024;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * A file as netascii (RFC 764): LF becomes CR LF, a lone CR becomes CR NUL. The length is known before the first block,
 * so `tsize` is exact, and any position can be read: `#marks` holds where each stride of the file begins in the output.
 */
export class NetasciiFile implements ServedFile {
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly bytes: Buffer | undefined;
  readonly #source: ServedFile;
  readonly #marks: readonly number[];

  private constructor(source: ServedFile, size: number, marks: readonly number[]) {
    this.#source = source;
    this.#marks = marks;
    this.name = source.name;
    this.size = size;
    this.modifiedMs = source.modifiedMs;
    this.etag = `${source.etag} netascii`;
    // What takes longer to convert is converted by strides, as it is needed.
    const isShort = source.bytes !== undefined && source.bytes.length <= stride;
    this.bytes = isShort ? converted(source.bytes) : undefined;
  }

  /**
   * Takes `source` over; the caller closes it when this fails.
   * @throws BranchlineError FILE_TOO_LARGE above 256 MiB.
   */
  static async over(source: ServedFile): Promise<NetasciiFile> {
    if (source.size > maxBytes) {
      throw new BranchlineError(
        'FILE_TOO_LARGE',
        `${source.name} is asked for as text (netascii), but has ${source.size} bytes: fetch it in octet mode`,
      );
    }
    const marks: number[] = [];
    let size = 0;
    const buffer = Buffer.allocUnsafe(Math.min(stride, source.size));
    for (let position = 0; position < source.size; position += stride) {
      marks.push(size);
      const chunk = await readChunk(source, buffer, position);
      size += chunk.length + pairs(chunk);
    }
    return new NetasciiFile(source, size, marks);
  }

  async read(target: Buffer, position: number): Promise<number> {
    if (position >= this.size) return 0;
    const index = this.#strideOf(position);
    const buffer = Buffer.allocUnsafe(Math.min(stride, this.#source.size - index * stride));
    const output = converted(await readChunk(this.#source, buffer, index * stride));
    return output.copy(target, 0, position - (this.#marks[index] ?? 0));
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  /** The last stride that begins at or before `position` of the output. */
  #strideOf(position: number): number {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#marks[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Fill as much of `buffer` as the file has from `position` on; short only when the file became shorter. */
async function readChunk(source: ServedFile, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const got = await source.read(buffer.subarray(filled), position + filled);
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}

function pairs(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === lineFeed || byte === carriageReturn) count += 1;
  return count;
}

function converted(bytes: Buffer): Buffer {
  const output = Buffer.allocUnsafe(bytes.length + pairs(bytes));
  let end = 0;
  for (const byte of bytes) {
    if (byte === lineFeed) output[end++] = carriageReturn;
    output[end++] = byte;
    if (byte === carriageReturn) output[end++] = 0;
  }
  return output;
}
