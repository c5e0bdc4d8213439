import type { Clock } from '#libs/lifecycle';

/** So many keys are remembered; who tries from more places than this is counted together as one. */
const maxKeys = 10_000;
const everybodyElse = '*';

/** How often each key (an address, a branch) may do something within a span of time. */
export class Tries {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #spanMs: number;
  readonly #counts = new Map<string, number>();
  #spanEnds = 0;

  constructor(clock: Clock, limit: number, spanMs: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#spanMs = spanMs;
  }

  /** Milliseconds to wait before the next try, or 0 when this one is allowed; it is counted either way. */
  count(key: string): number {
    const now = this.#clock.now();
    // The second half: a clock that was set back must not lock anybody out.
    if (now >= this.#spanEnds || this.#spanEnds - now > this.#spanMs) {
      this.#counts.clear();
      this.#spanEnds = now + this.#spanMs;
    }
    const known = this.#counts.has(key) || this.#counts.size < maxKeys ? key : everybodyElse;
    const tries = (this.#counts.get(known) ?? 0) + 1;
    this.#counts.set(known, tries);
    return tries > this.#limit ? this.#spanEnds - now : 0;
  }
}
