import { BranchlineError } from '#libs/errors';
import type { ServedFile } from '#libs/delivery';
import { wireBlock } from './block-number.ts';
import { dataHeaderSize, writeDataHeader } from './packet.ts';
import type { Kept, PieceBudget } from './piece-budget.ts';

/** Consecutive DATA packets, ready to send: every phone gets the same bytes for the same block. */
export interface Piece extends Kept {
  readonly bytes: Buffer;
  readonly firstBlock: number;
  readonly blocks: number;
}

/** Bytes of file data in a piece, at least one block. */
const pieceBytes = 64 * 1024;

/**
 * One version of a file cut into the DATA packets of one block size. Shared by all transfers of it; the pieces are made
 * on demand, each in well under a millisecond, and may be forgotten at any time to keep within the budget.
 */
export class FramedFile {
  /** Bytes of a full packet: all but the last one of a file have this length. */
  readonly packetSize: number;
  readonly #blockSize: number;
  readonly #rollover: 0 | 1;
  readonly #budget: PieceBudget;
  readonly #blocksPerPiece: number;
  readonly #size: number;
  readonly #lastBlock: number;
  readonly #pieces = new Map<number, Piece>();
  readonly #loading = new Map<number, Promise<Piece>>();
  #source: ServedFile | undefined;

  constructor(source: ServedFile, blockSize: number, rollover: 0 | 1, budget: PieceBudget) {
    this.#source = source;
    this.#size = source.size;
    this.#blockSize = blockSize;
    this.#rollover = rollover;
    this.#budget = budget;
    this.packetSize = dataHeaderSize + blockSize;
    this.#blocksPerPiece = Math.max(1, Math.floor(pieceBytes / blockSize));
    this.#lastBlock = Math.floor(source.size / blockSize) + 1;
  }

  /** The piece that holds a block, if it is at hand. */
  pieceOf(block: number): Piece | undefined {
    const index = this.#indexOf(block);
    const piece = this.#pieces.get(index);
    if (piece !== undefined) {
      piece.hot = true;
      return piece;
    }
    const bytes = this.#source?.bytes;
    return bytes === undefined ? undefined : this.#keep(index, bytes, 0);
  }

  /**
   * Bring the piece that holds a block; callers at the same time share one read.
   * @throws BranchlineError FILE_CHANGED when the file is shorter than it was: no phone gets a short file.
   */
  async load(block: number): Promise<Piece> {
    const index = this.#indexOf(block);
    let loading = this.#loading.get(index);
    if (loading === undefined) {
      loading = this.#read(index).finally(() => this.#loading.delete(index));
      this.#loading.set(index, loading);
    }
    return await loading;
  }

  /** Start to bring the piece behind the one that holds `block`, unless it is there or none follows. */
  readAhead(block: number): void {
    const next = (this.#indexOf(block) + 1) * this.#blocksPerPiece + 1;
    if (next > this.#lastBlock || this.#pieces.has(this.#indexOf(next))) return;
    if (this.#loading.has(this.#indexOf(next)) || this.#source?.bytes !== undefined) return;
    // The transfer that needs the piece meets the same failure and reports it.
    this.load(next).catch(() => undefined);
  }

  /** Take another open file of the same version. */
  reopen(source: ServedFile): void {
    this.#source = source;
  }

  /** Let go of the open file, after the reads that are under way; the pieces stay. */
  async close(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await Promise.allSettled(this.#loading.values());
    await source?.close();
  }

  /** Give the memory back. */
  forget(): void {
    for (const piece of this.#pieces.values()) this.#budget.remove(piece);
    this.#pieces.clear();
  }

  #indexOf(block: number): number {
    return Math.floor((block - 1) / this.#blocksPerPiece);
  }

  async #read(index: number): Promise<Piece> {
    const source = this.#source;
    if (source === undefined) throw new BranchlineError('INTERNAL', 'read from a closed file');
    const start = index * this.#blocksPerPiece * this.#blockSize;
    const end = Math.min(start + this.#blocksPerPiece * this.#blockSize, this.#size);
    const raw = Buffer.allocUnsafe(end - start);
    for (let filled = 0; filled < raw.length;) {
      const got = await source.read(raw.subarray(filled), start + filled);
      if (got === 0) {
        throw new BranchlineError(
          'FILE_CHANGED',
          `${source.name} became shorter while it was sent: replace files by renaming, never in place`,
        );
      }
      filled += got;
    }
    return this.#keep(index, raw, start);
  }

  /** Frame and keep a piece from `data`, which holds the file from byte `dataStart` on. */
  #keep(index: number, data: Buffer, dataStart: number): Piece {
    const piece: Piece = {
      ...this.#frame(index, data, dataStart),
      hot: false,
      forget: () => this.#pieces.delete(index),
    };
    this.#pieces.set(index, piece);
    this.#budget.add(piece);
    return piece;
  }

  #frame(
    index: number,
    data: Buffer,
    dataStart: number,
  ): Pick<Piece, 'bytes' | 'firstBlock' | 'blocks'> {
    const firstBlock = index * this.#blocksPerPiece + 1;
    const blocks = Math.min(this.#blocksPerPiece, this.#lastBlock - firstBlock + 1);
    const from = (firstBlock - 1) * this.#blockSize;
    const length = Math.min(blocks * this.#blockSize, this.#size - from);
    const bytes = Buffer.allocUnsafeSlow(length + blocks * dataHeaderSize);
    for (let n = 0; n < blocks; n += 1) {
      const offset = n * this.packetSize;
      const start = from + n * this.#blockSize;
      const end = Math.min(start + this.#blockSize, from + length);
      writeDataHeader(bytes, offset, wireBlock(firstBlock + n, this.#rollover));
      data.copy(bytes, offset + dataHeaderSize, start - dataStart, end - dataStart);
    }
    return { bytes, firstBlock, blocks };
  }
}
