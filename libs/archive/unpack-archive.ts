import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { fsyncFolder, removeQuietly, type Digest } from '#libs/files';
import { runThread } from '#libs/lifecycle';
import type { Archive } from './archive.ts';
import { refusal } from './refusal.ts';
import type { MemberOrder } from './unpack-member.ts';

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

/** What the unpacking thread is started with. */
export interface UnpackOrder {
  readonly path: string;
  readonly members: readonly MemberOrder[];
}

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
  const members = steps.map((step) => orderOf(archive, step));
  const destinations = steps.flatMap((step) => step.destinations);
  await refuseExisting(destinations);
  try {
    const digests = await unpackInThread({ path: archive.path, members }, options);
    for (const folder of new Set(destinations.map((file) => path.dirname(file)))) {
      await fsyncFolder(folder);
    }
    return digests;
  } catch (error) {
    await removeQuietly(destinations);
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

async function unpackInThread(
  order: UnpackOrder,
  options: UnpackOptions,
): Promise<readonly Digest[]> {
  const totalBytes = order.members.reduce((sum, { entry }) => sum + entry.size, 0);
  const onProgress = (progress: { bytes: number; name: string }): void => {
    options.onProgress?.({ ...progress, totalBytes });
  };
  try {
    const digests = await runThread<{ bytes: number; name: string }, readonly Digest[]>(
      import.meta.url,
      'unpack-worker',
      {
        task: `unpacking ${order.path}`,
        data: order,
        heapMb: 96,
        signal: options.signal,
        onProgress,
      },
    );
    onProgress({ bytes: totalBytes, name: order.members.at(-1)?.entry.name ?? '' });
    return digests;
  } catch (error) {
    if (systemCode(error) !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    const why = 'unpacking it takes too much memory';
    throw refusal('ARCHIVE_LIMIT', order.path, undefined, why, { cause: error });
  }
}
