import { parentPort } from 'node:worker_threads';
import { asBranchlineError } from '#libs/errors';
import type { ThreadMessage } from './run-thread.ts';

/** A thread's side of `runThread`: do the work, and tell its end in either way. */
export async function reportEnd<Result>(work: () => Promise<Result>): Promise<void> {
  try {
    post({ kind: 'done', result: await work() });
  } catch (error) {
    const { code, message } = asBranchlineError(error);
    post({ kind: 'failed', code, message });
  }
}

/** Tell the other side how far the work is. */
export function reportProgress(progress: unknown): void {
  post({ kind: 'progress', progress });
}

function post(message: ThreadMessage<unknown, unknown>): void {
  parentPort?.postMessage(message);
}
