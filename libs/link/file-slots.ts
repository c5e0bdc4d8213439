/** Who wait for a slot at most; one more is told at once. */
const maxWaiting = 1_000;

/** How many transfers run at once, in all and for each branch. */
export class FileSlots {
  readonly #total: number;
  readonly #each: number;
  readonly #held = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #used = 0;

  constructor(total: number, each: number) {
    this.#total = total;
    this.#each = each;
  }

  get used(): number {
    return this.#used;
  }

  /** Take a slot: the function that gives it back, or undefined when there is none. */
  take(branch: string): (() => void) | undefined {
    const held = this.#held.get(branch) ?? 0;
    if (this.#used >= this.#total || held >= this.#each) return undefined;
    this.#used += 1;
    this.#held.set(branch, held + 1);
    return () => {
      this.#used -= 1;
      const left = (this.#held.get(branch) ?? 1) - 1;
      if (left > 0) this.#held.set(branch, left);
      else this.#held.delete(branch);
      this.#wakeNext();
    };
  }

  /** Take a slot, first come first served, within `ms` milliseconds; a branch that has all of its own waits for none. */
  async wait(branch: string, ms: number): Promise<(() => void) | undefined> {
    const end = performance.now() + ms;
    for (;;) {
      const taken = this.take(branch);
      const left = end - performance.now();
      const mayWait = this.#used >= this.#total && this.#waiting.size < maxWaiting && left > 0;
      if (taken !== undefined) return taken;
      if (!mayWait) {
        // What was free is somebody else's.
        this.#wakeNext();
        return undefined;
      }
      const turn = Promise.withResolvers<undefined>();
      const wake = (): void => {
        turn.resolve(undefined);
      };
      this.#waiting.add(wake);
      // A server that ends does not wait for who waits here.
      const timer = setTimeout(wake, left).unref();
      await turn.promise;
      clearTimeout(timer);
      this.#waiting.delete(wake);
    }
  }

  #wakeNext(): void {
    const [next] = this.#waiting;
    if (this.#used < this.#total) next?.();
  }
}
