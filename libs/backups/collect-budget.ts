/** Bytes that bodies on their way to the disk may hold in memory together. */
export class CollectBudget {
  readonly #total: number;
  #held = 0;

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /** True when `bytes` more may be held; they count until `give`. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#total) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
