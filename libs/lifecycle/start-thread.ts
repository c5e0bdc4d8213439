import { Worker } from 'node:worker_threads';

export interface ThreadOptions {
  /** What the thread finds as `workerData`. */
  readonly data: unknown;
  /** MiB of the thread's own heap; its buffers are outside of it. */
  readonly heapMb: number;
  /** MiB for young objects. */
  readonly nurseryMb: number;
}

/**
 * Start a thread whose file lies beside the one that starts it (`here` is that one's `import.meta.url`): as TypeScript
 * in a checkout, as JavaScript in the packed product.
 */
export function startThread(here: string, name: string, options: ThreadOptions): Worker {
  const ending = here.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./${name}.${ending}`, here), {
    workerData: options.data,
    // Not this process's own flags: some, like those of `node --eval`, keep a thread from starting.
    execArgv: ending === 'ts' ? ['--conditions=source'] : [],
    resourceLimits: {
      maxOldGenerationSizeMb: options.heapMb,
      maxYoungGenerationSizeMb: options.nurseryMb,
    },
  });
}
