import type { Clock } from '#libs/lifecycle';

/** So many addresses are remembered; the oldest is forgotten first. */
const maxAddresses = 10_000;
const allowed = 10;
const forgetMs = 10 * 60_000;
const firstDelayMs = 500;
const maxDelayMs = 5_000;

interface Failures {
  readonly times: number;
  readonly lastAt: number;
}

/** Wrong passwords by address: each costs more time than the last, and after ten the address has to stay away. */
export class FailedTries {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True while not even the right password is looked at. */
  blocked(address: string): boolean {
    return this.#of(address) >= allowed;
  }

  /** Count a failure; returns the milliseconds that the answer is to wait. */
  failed(address: string): number {
    const times = this.#of(address) + 1;
    this.#failures.delete(address);
    this.#failures.set(address, { times, lastAt: this.#clock.now() });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= maxAddresses) break;
      this.#failures.delete(oldest);
    }
    return Math.min(firstDelayMs * 2 ** (times - 1), maxDelayMs);
  }

  succeeded(address: string): void {
    this.#failures.delete(address);
  }

  #of(address: string): number {
    const known = this.#failures.get(address);
    if (known === undefined) return 0;
    const age = this.#clock.now() - known.lastAt;
    // A clock that was set back must not lock anybody out.
    if (age >= 0 && age < forgetMs) return known.times;
    this.#failures.delete(address);
    return 0;
  }
}
