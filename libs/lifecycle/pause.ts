import { setTimeout as sleep } from 'node:timers/promises';

/** Wait so many milliseconds; ends early, and well, when the signal says so. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(ms, 0), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
