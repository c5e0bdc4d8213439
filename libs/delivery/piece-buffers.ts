const maxPieceBytes = 256 * 1024;
const minPieceBytes = 16 * 1024;

/**
 * Buffers in which pieces of large files wait for the network. Larger pieces are faster, but two thousand phones after a
 * power cut would hold half a gigabyte: the more downloads are going on, the smaller the pieces of new ones.
 */
export class PieceBuffers {
  readonly #budgetBytes: number;
  readonly #spare: Buffer[] = [];
  #lent = 0;

  /** `budgetBytes`: what downloads may hold together before pieces become as small as they get. */
  constructor(budgetBytes = 32 * 1024 * 1024) {
    this.#budgetBytes = budgetBytes;
  }

  get lentBytes(): number {
    return this.#lent;
  }

  /** A buffer for pieces of a body of `length` bytes; hand it back with `give`, or `drop` it when it may still be in use. */
  take(length: number): Buffer {
    let size = maxPieceBytes;
    const left = this.#budgetBytes - this.#lent;
    // No buffer takes more than a 32nd of what is left.
    while (size > minPieceBytes && size * 32 > left) size /= 2;
    size = Math.min(size, Math.max(length, 1));
    const spare = size === maxPieceBytes ? this.#spare.pop() : undefined;
    this.#lent += size;
    return spare ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    this.drop(buffer);
    const keep = this.#budgetBytes / maxPieceBytes / 2;
    if (buffer.length === maxPieceBytes && this.#spare.length < keep) this.#spare.push(buffer);
  }

  drop(buffer: Buffer): void {
    this.#lent -= buffer.length;
  }
}
