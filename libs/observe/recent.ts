/** The last things that happened, newest first; older ones fall off. */
export class Recent<T> {
  readonly #limit: number;
  /** A ring: the oldest gives its place to the newest. */
  readonly #items: T[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#limit;
  }

  list(): readonly T[] {
    const items = this.#items;
    return [...items.slice(this.#next), ...items.slice(0, this.#next)].toReversed();
  }
}

/** One kind of failure as the status page shows it. */
export interface RecentError {
  readonly code: string;
  readonly sentence: string;
  /** Unix milliseconds of the first and of the last time. */
  readonly firstAt: number;
  readonly at: number;
  readonly times: number;
}

const maxSentence = 500;

/** The last failures and refusals: the same one again counts up instead of pushing the others out. */
export class RecentErrors {
  readonly #limit: number;
  readonly #now: () => number;
  #items: RecentError[] = [];

  constructor(limit = 50, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
  }

  note(code: string, sentence: string): void {
    const at = this.#now();
    const short = sentence.slice(0, maxSentence);
    const same = this.#items.find((item) => item.code === code && item.sentence === short);
    const entry: RecentError = {
      code,
      sentence: short,
      firstAt: same?.firstAt ?? at,
      at,
      times: (same?.times ?? 0) + 1,
    };
    this.#items = [entry, ...this.#items.filter((item) => item !== same)].slice(0, this.#limit);
  }

  list(): readonly RecentError[] {
    return this.#items;
  }
}
