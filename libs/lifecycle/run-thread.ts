import { BranchlineError, type ErrorCode } from '#libs/errors';
import { startThread } from './start-thread.ts';

/** What a thread says: any number of times how far it is, then one end. */
export type ThreadMessage<Progress, Result> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

export interface ThreadRun<Progress> {
  /** For sentences: what the thread does. */
  readonly task: string;
  readonly data: unknown;
  /** MiB of the thread's own heap; its buffers are outside of it. */
  readonly heapMb: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Run a thread whose file lies beside its starter's (`here` is that one's `import.meta.url`) to its end. However this returns, the thread has ended and writes nothing more.
 * @throws BranchlineError what the thread failed with; the abort's reason; Node's own ERR_WORKER_OUT_OF_MEMORY.
 */
export async function runThread<Progress, Result>(
  here: string,
  name: string,
  options: ThreadRun<Progress>,
): Promise<Result> {
  const { signal, task } = options;
  signal?.throwIfAborted();
  const { data, heapMb } = options;
  const worker = startThread(here, name, { data, heapMb, nurseryMb: 16 });
  const end = Promise.withResolvers<Result>();
  const stop = (): void => {
    end.reject(signal?.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  worker.on('message', (message: ThreadMessage<Progress, Result>) => {
    if (message.kind === 'progress') options.onProgress?.(message.progress);
    else if (message.kind === 'done') end.resolve(message.result);
    else end.reject(new BranchlineError(message.code, message.message));
  });
  worker.on('error', end.reject);
  worker.on('exit', () => {
    end.reject(new BranchlineError('INTERNAL', `the thread that was ${task} ended by itself`));
  });
  try {
    return await end.promise;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
