/** How long the event loop of this process kept a timer of 5 ms waiting, while `watch` was at work. */
export class LoopDelay {
  readonly #tickMs = 5;
  readonly #delays: number[] = [];

  /** Milliseconds each tick came late; the list grows by 200 a second. */
  get delays(): readonly number[] {
    return this.#delays;
  }

  get maxMs(): number {
    return this.#delays.reduce((a, b) => Math.max(a, b), 0);
  }

  /** Runs `work`; a tick that is overdue at its end counts too. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    let last = performance.now();
    const tick = (): void => {
      const now = performance.now();
      this.#delays.push(Math.max(0, now - last - this.#tickMs));
      last = now;
    };
    const timer = setInterval(tick, this.#tickMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      tick();
    }
  }
}
