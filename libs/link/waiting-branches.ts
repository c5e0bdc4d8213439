import { setImmediate as breathe } from 'node:timers/promises';

/** Answered in one go before others get their turn: 2,000 answers at once would hold the loop. */
const batch = 50;

/** How long a call waits for its branch. */
const calledMs = 60_000;

interface Waiter {
  readonly since: number;
  readonly answer: (release: number | undefined) => void;
}

/** Branches that wait for the next release; one each, so that their number is bounded by the branches'. */
export class WaitingBranches {
  readonly #waiters = new Map<string, Waiter>();
  /** Called while they were not waiting, and when. */
  readonly #called = new Map<string, number>();

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

  /**
   * Have one branch sync now, whatever it has: true when it waited and was answered. Else it is answered at once if it comes within a minute:
   * between two waits it is away for a moment.
   */
  call(branch: string, release: number): boolean {
    const waiter = this.#waiters.get(branch);
    if (waiter === undefined) this.#called.set(branch, performance.now());
    else waiter.answer(release);
    return waiter !== undefined;
  }

  /** Whether a branch that comes now was called; asked once, it is forgotten. */
  wasCalled(branch: string): boolean {
    const at = this.#called.get(branch);
    this.#called.delete(branch);
    return at !== undefined && performance.now() - at < calledMs;
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
