import path from 'node:path';
import type { Digest } from '#libs/files';
import { runThread } from '#libs/lifecycle';
import { defaultLimits } from './archive-limits.ts';
import { memberName, refuseClashes } from './member-names.ts';
import { refusal } from './refusal.ts';

/** One file to be packed. */
export interface ArchiveSource {
  /** With `/`; the same rules as for archives that come in. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the building thread is started with. */
export interface BuildOrder {
  readonly files: readonly ArchiveSource[];
  readonly target: string;
}

/** adm-zip holds everything in memory, some three times over: packed, unpacked and once more as a whole. */
export const maxBuildBytes = 100 * 1024 ** 2;
export const maxBuildFiles = defaultLimits.entries;

/**
 * Pack files into a zip, in a thread of its own, and put it at `target` durably. Returns the digest of the zip.
 * @throws BranchlineError ARCHIVE_NAME_UNSAFE, ARCHIVE_NAME_CLASH, ARCHIVE_LIMIT (above 100 MiB or 10,000 files),
 * DISK_FULL, WRITE_FAILED, or the abort's reason.
 */
export async function buildArchive(
  files: readonly ArchiveSource[],
  target: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Digest> {
  const members = files.map(({ name }) => memberName(target, name, defaultLimits));
  refuseClashes(target, members);
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes > maxBuildBytes || files.length > maxBuildFiles) {
    const why = `${files.length} files of ${bytes} bytes are too much to build in memory`;
    throw refusal('ARCHIVE_LIMIT', target, undefined, why);
  }
  const order: BuildOrder = { files, target: path.resolve(target) };
  return await runThread<never, Digest>(import.meta.url, 'build-worker', {
    task: `building ${target}`,
    data: order,
    heapMb: 96,
    signal: options.signal,
  });
}
