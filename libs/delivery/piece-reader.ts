import { BranchlineError } from '#libs/errors';
import type { HotPiece } from './hot-pieces.ts';
import type { PieceBuffers } from './piece-buffers.ts';
import type { ServedFile } from './served-file.ts';

/** What a reader needs of a file. */
export type PiecedFile = Pick<ServedFile, 'name' | 'read' | 'piece' | 'prepare'>;

export interface PieceReaderOptions {
  readonly file: PiecedFile;
  /** Of the first byte. */
  readonly first: number;
  /** Bytes. */
  readonly length: number;
  /** For what is not held in memory for everybody. */
  readonly buffers: PieceBuffers;
  /** No piece is larger. */
  readonly maxBytes: number;
}

/** One download's way through a large file, piece by piece, one piece in hand at a time. */
export class PieceReader {
  readonly #options: PieceReaderOptions;
  readonly #end: number;
  #position: number;
  #held: HotPiece | undefined;
  #buffer: Buffer | undefined;

  constructor(options: PieceReaderOptions) {
    this.#options = options;
    this.#position = options.first;
    this.#end = options.first + options.length;
  }

  /**
   * The bytes that come next, or undefined at the end. They are lent until `next` or `close` is called.
   * @throws BranchlineError FILE_CHANGED when the file no longer has the bytes that were announced.
   */
  async next(): Promise<Buffer | undefined> {
    this.#held?.release(true);
    this.#held = undefined;
    if (this.#position >= this.#end) return undefined;
    const bytes = (await this.#shared()) ?? (await this.#own());
    this.#position += bytes.length;
    if (this.#position < this.#end) this.#options.file.prepare?.(this.#position);
    return bytes;
  }

  /** `whole` is false when a write was broken off, which may still look at its bytes. */
  close(whole: boolean): void {
    this.#held?.release(whole);
    this.#held = undefined;
    if (this.#buffer === undefined) return;
    if (whole) this.#options.buffers.give(this.#buffer);
    else this.#options.buffers.drop(this.#buffer);
    this.#buffer = undefined;
  }

  /** Out of the memory that all share. */
  async #shared(): Promise<Buffer | undefined> {
    const { file, maxBytes } = this.#options;
    const found = await file.piece?.(this.#position);
    if (found === undefined) return undefined;
    this.#held = found.piece;
    const { bytes } = found.piece;
    const from = this.#position - found.position;
    return bytes.subarray(
      from,
      Math.min(bytes.length, from + maxBytes, this.#end - found.position),
    );
  }

  async #own(): Promise<Buffer> {
    const { file, buffers, maxBytes } = this.#options;
    const left = this.#end - this.#position;
    const buffer = (this.#buffer ??= buffers.take(left));
    const target = buffer.subarray(0, Math.min(buffer.length, maxBytes, left));
    const count = await file.read(target, this.#position);
    if (count > 0) return target.subarray(0, count);
    const sentence = `${file.name} became shorter while a telephone read it`;
    throw new BranchlineError('FILE_CHANGED', sentence);
  }
}
