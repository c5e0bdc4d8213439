import { Worker } from 'node:worker_threads';
import { BranchlineError, type ErrorCode } from '#libs/errors';
import { packTargets, unpackTargets, type PackedTargets } from './packed-targets.ts';
import {
  openTargetsFile,
  signTargetsFile,
  type OpenedTargets,
  type OpenTargets,
  type SignTargets,
} from './targets-file.ts';

export type TargetsOrder =
  | {
      readonly kind: 'sign';
      readonly order: Omit<SignTargets, 'targets'>;
      readonly packed: PackedTargets;
    }
  | { readonly kind: 'open'; readonly order: OpenTargets };

export type TargetsAnswer =
  | { readonly kind: 'signed'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'opened';
      readonly opened: Omit<OpenedTargets, 'targets'>;
      readonly packed: PackedTargets;
    }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/** Up to here the work takes a few milliseconds, and starting a thread would take longer. */
const INLINE_TARGETS = 200;
const INLINE_BYTES = 48 * 1024;

/** A list made to exhaust memory takes down its thread and nothing else. */
const HEAP = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32 };

const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './targets-worker.ts' : './targets-worker.js',
  import.meta.url,
);

/** As `signTargetsFile`, without holding the event loop. */
export async function signTargets({ targets, ...order }: SignTargets): Promise<Buffer> {
  if (targets.length <= INLINE_TARGETS) return signTargetsFile({ targets, ...order });
  const answer = await inThread({ kind: 'sign', order, packed: packTargets(targets) });
  if (answer.kind !== 'signed') throw failureOf(answer);
  const { buffer, byteOffset, byteLength } = answer.bytes;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** As `openTargetsFile`, without holding the event loop. */
export async function openTargets(order: OpenTargets): Promise<OpenedTargets> {
  if (order.bytes.length <= INLINE_BYTES) return openTargetsFile(order);
  const answer = await inThread({ kind: 'open', order });
  if (answer.kind !== 'opened') throw failureOf(answer);
  return { ...answer.opened, targets: await unpackTargets(answer.packed) };
}

/** Run one order in a thread of its own, which has ended when this returns. */
async function inThread(order: TargetsOrder): Promise<TargetsAnswer> {
  const worker = new Worker(workerFile, { workerData: order, resourceLimits: HEAP });
  const answer = Promise.withResolvers<TargetsAnswer>();
  worker.once('message', (message: TargetsAnswer) => {
    answer.resolve(message);
  });
  worker.once('error', (error) => {
    answer.reject(error);
  });
  worker.once('exit', () => {
    answer.reject(
      new BranchlineError('INTERNAL', 'the thread for the list of targets ended by itself'),
    );
  });
  try {
    return await answer.promise;
  } finally {
    await worker.terminate();
  }
}

function failureOf(answer: TargetsAnswer): BranchlineError {
  return answer.kind === 'failed'
    ? new BranchlineError(answer.code, answer.message)
    : new BranchlineError('INTERNAL', `the thread for the list of targets answered ${answer.kind}`);
}
