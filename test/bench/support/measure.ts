import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '../../support/clients.ts';
import { runClient } from '../../support/real-client.ts';

const commandLimitMs = 300_000;

/** Milliseconds until `work` has resolved. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Milliseconds that a command takes, its start included. Any status but 0 is a failure to run. */
export async function timeCommand(
  command: Client,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<number> {
  return timed(async () => {
    const run = await runClient(command, args, { timeoutMs: commandLimitMs, ...options });
    if (run.status !== 0)
      throw new Error(`${[command, ...args].join(' ')} ended with ${run.status}: ${run.stderr}`);
  });
}

export interface Times {
  /** Median, milliseconds. */
  readonly ours: number;
  readonly peer: number;
}

/**
 * Ours and the peer's in turn, so that a noisy minute hits both; the first round only warms up.
 * Returns the medians of the others.
 */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Times> {
  const times: { ours: number; peer: number }[] = [];
  for (let round = 0; round <= rounds; round++)
    times.push({ ours: await ours(), peer: await peer() });
  const counted = times.slice(1);
  return {
    ours: median(counted.map((time) => time.ours)),
    peer: median(counted.map((time) => time.peer)),
  };
}

/** The middle value, or the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.floor((sorted.length - 1) / 2);
  return ((sorted[lower] ?? NaN) + (sorted[upper] ?? NaN)) / 2;
}

/** The smallest value that `share` (0 to 1) of all values do not exceed. NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** Hands out a folder on the same disk as other temporary files, and removes it whatever happens. */
export async function withTempFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'branchline-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
