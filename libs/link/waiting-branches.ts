import { setImmediate as breathe } from 'node:timers/promises';

/** Answered in one go before others get their turn: 2,000 answers at once would hold the loop. */
const batch = 50;

interface Waiter {
  readonly since: number;
  readonly answer: (release: number | undefined) => void;
}

/** Branches that wait for the next release; one each, so that their number is bounded by the branches'. */
export class WaitingBranches {
  readonly #waiters = new Map<string, Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Wait for a release above `since`; undefined after `ms`, on abort, or when the same branch asks anew.
   */
  wait(
    branch: string,
    since: number,
    ms: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    this.#waiters.get(branch)?.answer(undefined);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        since,
        answer: (release) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', gone);
          if (this.#waiters.get(branch) === waiter) this.#waiters.delete(branch);
          resolve(release);
        },
      };
      const gone = (): void => {
        waiter.answer(undefined);
      };
      const timer = setTimeout(gone, ms);
      signal.addEventListener('abort', gone);
      this.#waiters.set(branch, waiter);
      if (signal.aborted) gone();
    });
  }

  /** Tell everybody who waits for something older than `release`. */
  async wake(release: number): Promise<void> {
    const due = [...this.#waiters.values()].filter(({ since }) => since < release);
    for (const [n, waiter] of due.entries()) {
      if (n > 0 && n % batch === 0) await breathe();
      waiter.answer(release);
    }
  }
}
