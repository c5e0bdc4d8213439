const minPieceBytes = 16 * 1024;

export interface PieceBuffersOptions {
  /** What downloads may hold together before pieces become as small as they get. */
  readonly budgetBytes?: number;
  /** A power of two times 16 KiB. */
  readonly maxPieceBytes?: number;
}

/**
 * Buffers in which pieces of large files wait for the network. Larger pieces are faster, but two thousand phones after a
 * power cut would hold half a gigabyte: the more downloads are going on, the smaller the pieces of new ones.
 */
export class PieceBuffers {
  readonly #budgetBytes: number;
  readonly #maxPieceBytes: number;
  /** By their size: garbage of this kind is collected late, and would pile up. */
  readonly #spare = new Map<number, Buffer[]>();
  #spareBytes = 0;
  #lent = 0;

  constructor({
    budgetBytes = 32 * 1024 * 1024,
    maxPieceBytes = 256 * 1024,
  }: PieceBuffersOptions = {}) {
    this.#budgetBytes = budgetBytes;
    this.#maxPieceBytes = maxPieceBytes;
  }

  get lentBytes(): number {
    return this.#lent;
  }

  /** A buffer for pieces of a body of `length` bytes; hand it back with `give`, or `drop` it when it may still be in use. */
  take(length: number): Buffer {
    let size = this.#maxPieceBytes;
    const left = this.#budgetBytes - this.#lent;
    // No buffer takes more than a 32nd of what is left.
    while (size > minPieceBytes && size * 32 > left) size /= 2;
    size = Math.min(size, Math.max(length, 1));
    const spare = this.#spare.get(size)?.pop();
    this.#spareBytes -= spare?.length ?? 0;
    this.#lent += size;
    return spare ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    this.drop(buffer);
    const { length } = buffer;
    const fits = this.#spareBytes + length <= this.#budgetBytes / 4;
    // Those of small bodies have any size.
    if (!fits || length < minPieceBytes || !Number.isInteger(Math.log2(length))) return;
    const same = this.#spare.get(length);
    if (same === undefined) this.#spare.set(length, [buffer]);
    else same.push(buffer);
    this.#spareBytes += length;
  }

  drop(buffer: Buffer): void {
    this.#lent -= buffer.length;
  }
}
