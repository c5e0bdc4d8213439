import type { MirrorBook, MirrorPage } from '#libs/journal';
import { maxMirrorRows, maxMirrorWaitMs, type MirrorAsked } from '#libs/link';

/** Longest time that a save waits for the other server, in milliseconds. */
const defaultPatienceMs = 2_000;
/** Who has not asked for so long does not ask, in milliseconds: longer than a question may wait for its answer. */
const silentMs = maxMirrorWaitMs + 10_000;

export interface MirrorTellingOptions {
  readonly book: MirrorBook;
  readonly patienceMs?: number;
  /** The other server keeps up no longer, or again. */
  readonly onInStep?: (inStep: boolean) => void;
}

/** This server's word to the other one of a pair: what has changed here, and what of it is known to be there. */
export class MirrorTelling {
  readonly #options: MirrorTellingOptions;
  /** Called at each change of what this class knows. */
  readonly #watchers = new Set<() => void>();
  #applied = 0;
  #inStep = false;
  /** From the start on: the other server may need a while to find that this one is back. */
  #askedAt = performance.now();

  constructor(options: MirrorTellingOptions) {
    this.#options = options;
  }

  /** True while the other server has all that was told, or is about to. */
  get inStep(): boolean {
    return this.#inStep;
  }

  /** Rows after a change; waits for some up to `waitMs`. */
  async tell(asked: MirrorAsked, signal: AbortSignal): Promise<MirrorPage> {
    const { book } = this.#options;
    const { since, applied, waitMs } = this.#ofThisBook(asked);
    this.#applied = applied;
    this.#askedAt = performance.now();
    if (applied >= book.newest) this.#setInStep(true);
    this.#changed();
    const page = book.page(since, maxMirrorRows);
    if (page.rows.length > 0 || waitMs === 0) return page;
    await this.#until(() => book.newest > since || signal.aborted, waitMs, signal);
    // Who has hung up is away until he asks again.
    if (signal.aborted) this.#setInStep(false);
    return book.page(since, maxMirrorRows);
  }

  /** True when the other server has dealt with this change, or does not ask for any. */
  hasSeen(change: number): boolean {
    return this.#applied >= change || performance.now() - this.#askedAt > silentMs;
  }

  /** Something has changed here. */
  wake(): void {
    this.#changed();
  }

  /** Until the other server has this change; at once when it does not keep up. True when it has. */
  async settled(change: number): Promise<boolean> {
    const { patienceMs = defaultPatienceMs } = this.#options;
    const there = (): boolean => this.#applied >= change;
    this.#changed();
    if (!this.#inStep) return there();
    await this.#until(() => there() || !this.#inStep, patienceMs);
    if (!there()) this.#setInStep(false);
    return there();
  }

  /** Who counts in another catalogue, or in a later copy of this one, knows nothing of this one: it is told all, and at once. */
  #ofThisBook(asked: MirrorAsked): MirrorAsked {
    const { id, newest } = this.#options.book;
    if (asked.book === id && Math.max(asked.since, asked.applied) <= newest) return asked;
    return { ...asked, since: 0, applied: 0, waitMs: 0 };
  }

  #setInStep(inStep: boolean): void {
    if (this.#inStep === inStep) return;
    this.#inStep = inStep;
    this.#options.onInStep?.(inStep);
    this.#changed();
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  async #until(done: () => boolean, ms: number, signal?: AbortSignal): Promise<void> {
    if (done()) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const end = (): void => {
      resolve(undefined);
    };
    const look = (): void => {
      if (done()) end();
    };
    const timer = setTimeout(end, ms).unref();
    signal?.addEventListener('abort', end);
    this.#watchers.add(look);
    await promise;
    this.#watchers.delete(look);
    signal?.removeEventListener('abort', end);
    clearTimeout(timer);
  }
}
