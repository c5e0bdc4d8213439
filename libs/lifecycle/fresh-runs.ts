interface Runs<T> {
  readonly now: Promise<T>;
  next: Promise<T> | undefined;
}

/**
 * Work on a key that many callers share. Each gets the result of a run that began after it asked, never of an older
 * one: a phone that has just read the new upgrade file must not be given what a look before that saw.
 * At most one run per key is under way and at most one waits, however many ask.
 */
export class FreshRuns<T> {
  readonly #runs = new Map<string, Runs<T>>();

  of(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#runs.get(key);
    if (running === undefined) return this.#begin(key, work);
    const begin = (): Promise<T> => this.#begin(key, work);
    running.next ??= running.now.then(begin, begin);
    return running.next;
  }

  #begin(key: string, work: () => Promise<T>): Promise<T> {
    const runs: Runs<T> = {
      now: work().finally(() => {
        if (runs.next === undefined) this.#runs.delete(key);
      }),
      next: undefined,
    };
    this.#runs.set(key, runs);
    return runs.now;
  }
}
