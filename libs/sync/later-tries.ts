import { errorCodes, type ErrorCode } from '#libs/errors';
import { delayBefore, type Backoff, type Service } from '#libs/lifecycle';
import type { Run, SyncRuns } from './sync-runs.ts';

export interface LaterTriesOptions {
  readonly runs: SyncRuns;
  /** Waiting before the first, the second … try after a run that has failed; the number of tries does not matter here. */
  readonly backoff?: Backoff;
}

/** From half a minute to a quarter of an hour: a hub that comes back finds its branches within that. */
const patience: Backoff = { tries: Infinity, firstMs: 30_000, maxMs: 15 * 60_000 };

/**
 * Tries again by itself what may pass by itself: after an outage nobody waits for the next month's run.
 * Any run that ends otherwise, whoever started it, begins the waiting anew.
 */
export class LaterTries implements Service {
  readonly name = 'later tries';
  readonly #options: LaterTriesOptions;
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: LaterTriesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#options.runs.subscribe((run) => {
      if (run.state !== 'running') this.#ended(run);
    });
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    await Promise.resolve();
  }

  #ended(run: Run): void {
    const { runs, backoff = patience } = this.#options;
    clearTimeout(this.#timer);
    if (!mayPass(run)) {
      this.#failures = 0;
      return;
    }
    this.#failures += 1;
    this.#timer = setTimeout(
      () => {
        runs.start(run.what);
      },
      delayBefore(this.#failures, backoff),
    );
  }
}

/** True when the run, or a file of it, has failed for a reason that goes away without anybody changing anything. */
function mayPass({ code, state, files }: Run): boolean {
  if (state === 'failed') return retries(code);
  return files.some((file) => file.state === 'failed' && retries(file.code));
}

const retries = (code: ErrorCode | undefined): boolean =>
  code !== undefined && errorCodes[code].retry;
