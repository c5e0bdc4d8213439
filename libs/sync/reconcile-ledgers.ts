import { asBranchlineError } from '#libs/errors';
import type { HubPair, LedgerPage } from '#libs/journal';
import { pause, type Clock, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

export interface ReconcileOptions {
  readonly pair: HubPair;
  /** A page of the other hub's ledger after a change. */
  readonly read: (since: number, signal: AbortSignal) => Promise<LedgerPage>;
  /** Between two reads, in milliseconds; sooner when something came. */
  readonly everyMs: number;
  /** Between two reads when much comes, in milliseconds. */
  readonly pauseMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Records have become this hub's to deliver. */
  readonly onOurs: () => void;
  /** All that the other hub has was read. */
  readonly onRead?: () => void;
  /** Records wait because the other hub does not answer; told once until it answers again. */
  readonly onAway: (waiting: number, error: Error) => void;
}

/** Reads what the other hub of a pair has, and decides who delivers what (docs/protocol.md § 10). */
export class ReconcileLedgers implements Service {
  readonly name = 'ledger of the other hub';
  readonly #options: ReconcileOptions;
  #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #wake = new AbortController();
  #told = false;

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#loop = this.#run();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** Something new is here: read soon. */
  wake(): void {
    this.#wake.abort();
  }

  /** All that the other hub has now, then what follows from it. Throws what reading throws. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { pair, read, clock, onOurs, onRead } = this.#options;
    // Before the first question: what comes here from now on may not be in the answers.
    const newest = pair.newest();
    for (let complete = false; !complete;) {
      const page = await read(pair.since, signal);
      complete = pair.learn(page, clock.now()) && page.complete;
    }
    if ((await pair.decide(newest, clock.now())) > 0) onOurs();
    onRead?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { pair, everyMs, pauseMs = 1_000, log, onAway } = this.#options;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.reconcile(signal);
        this.#told = false;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const reason = asBranchlineError(error);
        log.debug({ err: reason }, 'the other hub was not read');
        const waiting = pair.waiting();
        if (waiting > 0 && !this.#told) {
          this.#told = true;
          onAway(waiting, reason);
        }
      }
      await pause(pauseMs, signal);
      await pause(everyMs - pauseMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }
}
