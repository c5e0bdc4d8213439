import { createHistogram } from 'node:perf_hooks';
import type { Logger } from 'pino';

/** How long the event loop kept everybody waiting, in milliseconds, since the last reading. */
export interface LoopDelay {
  readonly maxMs: number;
  readonly p99Ms: number;
}

const tickMs = 10;
const warnEveryMs = 1_000;

/**
 * Measures the event loop's delay and logs a block longer than `blockMs` (at most one line a second).
 * Its own timer, because perf_hooks' monitorEventLoopDelay loses the first sample after each reset
 * (seen on Node 24): a block just then would stay unseen.
 */
export class LoopWatch {
  readonly name = 'loop-watch';
  readonly #log: Logger;
  readonly #blockMs: number;
  readonly #delays = createHistogram();
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #worst = 0;
  #warnAfter = 0;

  constructor(log: Logger, blockMs = 50) {
    this.#log = log;
    this.#blockMs = blockMs;
  }

  start(): Promise<void> {
    this.#last = performance.now();
    this.#timer = setInterval(() => {
      this.#tick(performance.now());
    }, tickMs).unref();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    return Promise.resolve();
  }

  /** The delays since the last call; then counting begins anew. */
  read(): LoopDelay {
    const delay =
      this.#delays.count === 0
        ? { maxMs: 0, p99Ms: 0 }
        : { maxMs: this.#delays.max / 1000, p99Ms: this.#delays.percentile(99) / 1000 };
    this.#delays.reset();
    return delay;
  }

  #tick(now: number): void {
    const delayMs = Math.max(0, now - this.#last - tickMs);
    this.#last = now;
    this.#delays.record(Math.max(1, Math.round(delayMs * 1000)));
    this.#worst = Math.max(this.#worst, delayMs);
    if (this.#worst <= this.#blockMs || now < this.#warnAfter) return;
    this.#log.warn({ ms: Math.round(this.#worst) }, 'event loop blocked');
    this.#worst = 0;
    this.#warnAfter = now + warnEveryMs;
  }
}
