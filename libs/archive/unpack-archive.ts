import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { BranchlineError, systemCode } from '#libs/errors';
import { fsyncFolder, type Digest } from '#libs/files';
import type { Archive } from './archive.ts';
import { refusal } from './refusal.ts';
import type { MemberOrder } from './unpack-member.ts';
import type { UnpackMessage, UnpackOrder } from './unpack-messages.ts';

/** Where one member goes. */
export interface UnpackStep {
  /** Index in `archive.entries`; a file, not a folder. */
  readonly entry: number;
  /** Absolute paths of files that do not exist yet, in folders that do: staging, one for each tree. */
  readonly destinations: readonly string[];
}

export interface UnpackProgress {
  /** Unpacked so far, of all steps; each member counts once, however many destinations it has. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** The member that was worked on last. */
  readonly name: string;
}

export interface UnpackOptions {
  readonly signal?: AbortSignal;
  /** About ten times a second at most, and once at the end. */
  readonly onProgress?: (progress: UnpackProgress) => void;
}

/** A bomb may take down its thread and nothing else. Buffers are outside of this; there are a few of them only. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './unpack-worker.ts' : './unpack-worker.js',
  import.meta.url,
);

/**
 * Unpack an inspected archive in a thread of its own, each member inflated once and written to all its destinations.
 * On return every byte and every name is on the disk; on failure no destination is left. Returns the digest of each
 * step, in their order.
 * @throws BranchlineError ARCHIVE_SIZE_LIES, ARCHIVE_CRC_WRONG, ARCHIVE_UNREADABLE, ARCHIVE_LIMIT, DISK_FULL,
 * WRITE_FAILED (also when a destination exists, which then stays), or the abort's reason.
 */
export async function unpackArchive(
  archive: Archive,
  steps: readonly UnpackStep[],
  options: UnpackOptions = {},
): Promise<readonly Digest[]> {
  options.signal?.throwIfAborted();
  const members = steps.map((step) => orderOf(archive, step));
  const destinations = steps.flatMap((step) => step.destinations);
  await refuseExisting(destinations);
  try {
    const digests = await inThread({ path: archive.path, members }, options);
    for (const folder of new Set(destinations.map((file) => path.dirname(file)))) {
      await fsyncFolder(folder);
    }
    return digests;
  } catch (error) {
    for (const file of destinations) await rm(file, { force: true });
    throw error;
  }
}

function orderOf(archive: Archive, step: UnpackStep): MemberOrder {
  const entry = archive.entries[step.entry];
  if (entry === undefined || entry.isFolder) {
    throw new RangeError(`${archive.path} has no file ${step.entry} to unpack`);
  }
  return { entry, destinations: step.destinations };
}

/** What is there before us is not ours to overwrite, and not ours to remove when we fail. */
async function refuseExisting(destinations: readonly string[]): Promise<void> {
  for (const file of destinations) {
    try {
      await lstat(file);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') continue;
      throw error;
    }
    throw new BranchlineError(
      'WRITE_FAILED',
      `${file} exists already: remove it, and the archive is unpacked again`,
    );
  }
}

/** Run the thread until it has an answer; on every other way out it has ended before this returns. */
async function inThread(order: UnpackOrder, options: UnpackOptions): Promise<readonly Digest[]> {
  const { signal, onProgress } = options;
  const totalBytes = order.members.reduce((sum, { entry }) => sum + entry.size, 0);
  const worker = new Worker(workerFile, { workerData: order, resourceLimits: HEAP });
  const answer = Promise.withResolvers<readonly Digest[]>();
  const stop = (): void => {
    answer.reject(signal?.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  worker.on('message', (message: UnpackMessage) => {
    switch (message.kind) {
      case 'progress':
        onProgress?.({ bytes: message.bytes, totalBytes, name: message.name });
        return;
      case 'done':
        answer.resolve(message.digests);
        return;
      case 'failed':
        answer.reject(new BranchlineError(message.code, message.message));
    }
  });
  worker.on('error', (error) => {
    answer.reject(asThreadError(error, order.path));
  });
  worker.on('exit', () => {
    answer.reject(new BranchlineError('INTERNAL', `unpacking ${order.path} ended by itself`));
  });
  try {
    const digests = await answer.promise;
    onProgress?.({ bytes: totalBytes, totalBytes, name: order.members.at(-1)?.entry.name ?? '' });
    return digests;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

function asThreadError(error: unknown, path: string): unknown {
  if (systemCode(error) !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return refusal('ARCHIVE_LIMIT', path, undefined, 'unpacking it takes too much memory', {
    cause: error,
  });
}
