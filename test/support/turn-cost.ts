export interface TurnCost<T> {
  readonly result: T;
  /** The most that this thread worked without giving others a turn, in milliseconds of CPU: what else runs on the machine does not count. */
  readonly longestMs: number;
  readonly elapsedMs: number;
}

/** Run `work` and measure how it holds the event loop. */
export async function turnCost<T>(work: () => Promise<T>): Promise<TurnCost<T>> {
  let longest = 0;
  let last = process.threadCpuUsage();
  let running = true;
  const look = (): void => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user - last.user + now.system - last.system);
    last = now;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  const begin = performance.now();
  try {
    const result = await work();
    const elapsedMs = performance.now() - begin;
    await new Promise((resolve) => setImmediate(resolve));
    return { result, longestMs: longest / 1000, elapsedMs };
  } finally {
    running = false;
  }
}
