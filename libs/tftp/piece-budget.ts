/** Something kept in memory that can be made again. */
export interface Kept {
  readonly bytes: { readonly length: number };
  /** Set by whoever uses it. */
  hot: boolean;
  forget(): void;
}

/** A limit of bytes over everything kept: what nobody used for a round is forgotten first. */
export class PieceBudget {
  readonly #maxBytes: number;
  readonly #kept = new Set<Kept>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What was just added is never forgotten for its own sake, even when it alone exceeds the limit. */
  add(kept: Kept): void {
    this.#kept.add(kept);
    this.#bytes += kept.bytes.length;
    for (const oldest of this.#kept) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) return;
      this.#kept.delete(oldest);
      if (oldest.hot || oldest === kept) {
        oldest.hot = false;
        this.#kept.add(oldest);
      } else {
        this.#bytes -= oldest.bytes.length;
        oldest.forget();
      }
    }
  }

  /** Forget all. */
  clear(): void {
    for (const kept of this.#kept) kept.forget();
    this.#kept.clear();
    this.#bytes = 0;
  }

  remove(kept: Kept): void {
    if (this.#kept.delete(kept)) this.#bytes -= kept.bytes.length;
  }
}
