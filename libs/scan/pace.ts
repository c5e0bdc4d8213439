/** Questions that may go out before anything has answered. */
const firstBurst = 64;
/** Questions that one answer earns: a network that answers is asked faster and faster. */
const perAnswer = 2;
const maxCredit = 1_024;
const tickMs = 10;

/**
 * How fast unknown addresses are asked. Answers earn the next questions; where nobody answers, so many a second go out and
 * no more, so that routers and switches need not look for a thousand absent addresses in one instant.
 */
export class Pace {
  readonly #perTick: number;
  #credit = firstBurst;
  #wanted: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `perSecond`: addresses asked where nobody answers. */
  constructor(perSecond: number) {
    this.#perTick = (perSecond * tickMs) / 1_000;
  }

  start(): void {
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      // A timer that comes late has been due more than once.
      this.#add(Math.min(maxCredit, (this.#perTick * (now - before)) / tickMs));
      before = now;
    }, tickMs);
  }

  /** Whoever waits goes on at once. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#wanted?.();
  }

  answered(): void {
    this.#add(perAnswer);
  }

  /** Resolves when one more address may be asked; one caller at a time. */
  async take(): Promise<void> {
    if (this.#credit < 1 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
      this.#wanted = undefined;
    }
    this.#credit -= 1;
  }

  #add(credit: number): void {
    this.#credit = Math.min(maxCredit, this.#credit + credit);
    if (this.#credit >= 1) this.#wanted?.();
  }
}
