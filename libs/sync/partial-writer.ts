import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import { asDiskError, writeAllSync } from '#libs/files';

/** What the writing thread is started with. */
export interface WriterStart {
  readonly path: string;
  /** More than this was never signed: then it is begun anew. */
  readonly maxSize: number;
  /** Where received bytes are handed over. */
  readonly ring: SharedArrayBuffer;
}

export type WriterOrder =
  /** Bytes of the ring, for the end of the file. */
  | { readonly kind: 'write'; readonly offset: number; readonly length: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'close' };

/** One answer to each order, in their order; one before them all, when the file is open. */
export type WriterAnswer =
  | { readonly kind: 'opened'; readonly size: number }
  | { readonly kind: 'written' | 'restarted' | 'closed' }
  | { readonly kind: 'synced'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

const readBytes = 1_048_576;

// The other end of this thread is `PartialFile`, which gives exactly this.
const { path, maxSize, ring } = workerData as WriterStart;

let hash = createHash('sha256');
let size = 0;
/** After a failure nothing is written behind the hole. */
let failure: Error | undefined;

/** Synchronous on purpose: a slow disk holds this thread, and none of those that serve telephones. */
const descriptor = attempt(() => {
  const opened = openFile();
  const there = fstatSync(opened).size;
  if (there > maxSize) ftruncateSync(opened);
  else hashStart(opened, there);
  return opened;
});
if (descriptor !== undefined) {
  answer({ kind: 'opened', size });
  parentPort?.on('message', (order: WriterOrder) => {
    const answered = attempt(() => obey(descriptor, order));
    if (answered !== undefined) answer(answered);
  });
}

function obey(open: number, order: WriterOrder): WriterAnswer {
  switch (order.kind) {
    case 'write': {
      if (failure !== undefined) throw failure;
      const bytes = Buffer.from(ring, order.offset, order.length);
      writeAllSync(open, bytes, size);
      hash.update(bytes);
      size += bytes.length;
      return { kind: 'written' };
    }
    case 'sync':
      if (failure !== undefined) throw failure;
      fsyncSync(open);
      return { kind: 'synced', sha256: hash.copy().digest('hex') };
    case 'restart':
      ftruncateSync(open);
      hash = createHash('sha256');
      size = 0;
      failure = undefined;
      return { kind: 'restarted' };
    case 'close':
      closeSync(open);
      return { kind: 'closed' };
  }
}

/** What is there already, or a new file. */
function openFile(): number {
  closeSync(openSync(path, 'a'));
  return openSync(path, 'r+');
}

function hashStart(open: number, length: number): void {
  const piece = Buffer.allocUnsafeSlow(Math.min(readBytes, length));
  while (size < length) {
    const read = readSync(open, piece, 0, Math.min(piece.length, length - size), size);
    if (read === 0) return;
    hash.update(piece.subarray(0, read));
    size += read;
  }
}

/** A failure is an answer too. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    failure = asDiskError(error, path);
    const { code, message } = asBranchlineError(failure);
    answer({ kind: 'failed', code, message });
    return undefined;
  }
}

function answer(message: WriterAnswer): void {
  parentPort?.postMessage(message);
}
