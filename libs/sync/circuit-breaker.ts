import type { Clock } from '#libs/lifecycle';

export interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  readonly failures: number;
  /** How long it stays open, in milliseconds. */
  readonly openMs: number;
}

/** Two failures, five minutes: a dead primary costs no more waiting than that. */
export const defaultBreaker: BreakerOptions = { failures: 2, openMs: 5 * 60_000 };

/** Remembers that a peer does not answer, so that nobody waits for it again at once. */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  readonly #clock: Clock;
  #failures = 0;
  #openUntil = 0;

  constructor(clock: Clock, options: BreakerOptions = defaultBreaker) {
    this.#clock = clock;
    this.#options = options;
  }

  /** False while the peer is not to be asked. */
  get closed(): boolean {
    return this.#clock.now() >= this.#openUntil;
  }

  /** Unix milliseconds until which it stays open, or undefined when it is closed. */
  get openUntil(): number | undefined {
    return this.closed ? undefined : this.#openUntil;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures >= this.#options.failures) {
      this.#openUntil = this.#clock.now() + this.#options.openMs;
    }
  }

  /** An operator asks now: try, whatever happened before. */
  reset(): void {
    this.succeeded();
  }
}
