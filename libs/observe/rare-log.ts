import type { Logger } from './log.ts';

const quietMs = 10_000;
const maxKinds = 64;

/** Warns about what strangers can cause at any rate: one line per kind every ten seconds, with the number of times. */
export class RareLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { times: number; nextAt: number }>();

  /** `now` in milliseconds of any origin. */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** `kind` is one of few: it is the message. */
  warn(kind: string, facts: Record<string, unknown>): void {
    let seen = this.#kinds.get(kind);
    if (seen === undefined) {
      if (this.#kinds.size >= maxKinds) return;
      seen = { times: 0, nextAt: -Infinity };
      this.#kinds.set(kind, seen);
    }
    seen.times += 1;
    if (this.#now() < seen.nextAt) return;
    this.#log.warn({ ...facts, times: seen.times }, kind);
    seen.times = 0;
    seen.nextAt = this.#now() + quietMs;
  }
}
