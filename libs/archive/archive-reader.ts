import type { FileHandle } from 'node:fs/promises';
import { RandomAccessReader } from 'yauzl';

/** Headers lie close together in the directory and, when members are small, in front of their data as well. */
const WINDOW = 16_384;

/**
 * Reads headers through a small window. Positions come from the archive and may be absurd: beyond its end they are a
 * plain Error, where `fs.read` would throw inside a callback of yauzl and end the process.
 */
export class ArchiveReader extends RandomAccessReader {
  readonly size: number;
  readonly #handle: FileHandle;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(handle: FileHandle, size: number) {
    super();
    this.#handle = handle;
    this.size = size;
  }

  /** The bytes at a position, valid until the next call. One call at a time. */
  async bytesAt(position: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.size) {
      throw new Error('a header points beyond its end');
    }
    const within = position - this.#start;
    if (within < 0 || within + length > this.#window.length) {
      this.#window = await this.#load(position, Math.max(length, WINDOW));
      this.#start = position;
      if (this.#window.length < length) throw new Error('it became shorter while being read');
    }
    const from = position - this.#start;
    return this.#window.subarray(from, from + length);
  }

  async #load(position: number, wanted: number): Promise<Buffer> {
    const bytes = Buffer.alloc(Math.min(wanted, this.size - position));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        done,
        bytes.length - done,
        position + done,
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.bytesAt(position, length)
      .then(
        (bytes) => {
          bytes.copy(buffer, offset);
          callback(null);
        },
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error(String(error)));
        },
      )
      .catch((error: unknown) => {
        // What yauzl throws at its own caller would otherwise be nobody's, and the reading would never end.
        this.emit('error', error);
      });
  }
}
