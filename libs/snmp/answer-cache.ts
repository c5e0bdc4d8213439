import type { Clock } from '#libs/lifecycle';

interface Kept<T> {
  readonly answer: T;
  readonly until: number;
}

/** Answers by key, each for its time, the oldest given up first when there are too many. */
export class AnswerCache<T> {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.until > this.#clock.now()) return kept.answer;
    this.#kept.delete(key);
    return undefined;
  }

  /** Zero or fewer milliseconds keep nothing. */
  set(key: string, answer: T, forMs: number): void {
    this.#kept.delete(key);
    if (forMs <= 0) return;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < this.#max) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, { answer, until: this.#clock.now() + forMs });
  }
}
