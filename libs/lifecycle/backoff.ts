import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how long to wait between tries; every retry in Branchline is bounded by one of these. */
export interface Backoff {
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Wait before try `n` (1 = the first repeat): doubling, capped, with up to a quarter of jitter. */
export function delayBefore(
  n: number,
  backoff: Backoff,
  random: () => number = Math.random,
): number {
  const base = Math.min(backoff.firstMs * 2 ** (n - 1), backoff.maxMs);
  return Math.round(base * (0.75 + 0.5 * random()));
}

/**
 * Run `attempt` until it succeeds, `retryable` says no, or the tries are used up; the last error is rethrown.
 * An abort ends the waiting at once with the signal's reason.
 */
export async function withRetry<T>(
  backoff: Backoff,
  retryable: (error: unknown) => boolean,
  attempt: (n: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let n = 1; ; n += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(n);
    } catch (error) {
      if (n >= backoff.tries || !retryable(error)) throw error;
      await sleep(delayBefore(n, backoff), undefined, signal ? { signal } : {});
    }
  }
}
