import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { inspectArchive, unpackArchive, type ArchiveLimits } from '#libs/archive';
import { copyInto, fsyncFolder, type Digest } from '#libs/files';
import type { PublicationFile } from '#libs/journal';
import { requireRoom } from './disk-room.ts';
import type { ProgressSink } from './file-progress.ts';
import type { Placement } from './placement.ts';
import { planPublication, type PlannedFile } from './publication-plan.ts';
import { checkSwitch } from './switch-files.ts';
import { distinctRoots, stagingFolder, type TreeFolders } from './tree-folders.ts';

/** An update in Updates, verified. */
export interface Publishable {
  readonly name: string;
  readonly sha256: string;
  readonly file: string;
}

export interface StageOptions {
  readonly trees: TreeFolders;
  readonly placement: Placement;
  readonly limits: ArchiveLimits;
  /** Bytes to leave free on each disk. */
  readonly reserveBytes: number;
}

interface Staged {
  readonly planned: readonly PlannedFile[];
  readonly digests: ReadonlyMap<number, Digest | undefined>;
}

/**
 * Every file of the update, verified and on the disk, under a name that no telephone sees.
 * @throws BranchlineError ARCHIVE_* and others whose fault is the archive's; DISK_FULL, WRITE_FAILED.
 */
export async function stageUpdate(
  id: number,
  update: Publishable,
  options: StageOptions,
  progress: ProgressSink,
  signal: AbortSignal,
): Promise<PublicationFile[]> {
  const { trees } = options;
  const zipped = update.name.toLowerCase().endsWith('.zip');
  const { planned, digests } = zipped
    ? await stageArchive(id, update, options, progress, signal)
    : await stagePlain(id, update, options, signal);
  for (const root of new Set(planned.map(({ tree }) => path.resolve(trees[tree])))) {
    await fsyncFolder(stagingFolder(root, id));
  }
  return planned.map(({ ordinal, tree, name, size, source }) => ({
    ordinal,
    tree,
    name,
    size,
    sha256: digests.get(source)?.sha256 ?? '',
  }));
}

async function stageArchive(
  id: number,
  update: Publishable,
  options: StageOptions,
  progress: ProgressSink,
  signal: AbortSignal,
): Promise<Staged> {
  const archive = await inspectArchive(update.file, options.limits);
  const sources = archive.entries.flatMap(({ isFolder, name, size }, index) =>
    isFolder ? [] : [{ index, name, size }],
  );
  const planned = planPublication(id, sources, options.placement, options.trees);
  await prepare(id, planned, options);
  const wanted = [...Map.groupBy(planned, ({ source }) => source)];
  const digests = await unpackArchive(
    archive,
    wanted.map(([entry, files]) => ({ entry, destinations: files.map(({ staged }) => staged) })),
    {
      signal,
      onProgress: ({ bytes, totalBytes }) => {
        progress.at('publishing', bytes, totalBytes);
      },
    },
  );
  return { planned, digests: new Map(wanted.map(([source], at) => [source, digests[at]])) };
}

async function stagePlain(
  id: number,
  update: Publishable,
  options: StageOptions,
  signal: AbortSignal,
): Promise<Staged> {
  const { placement, trees } = options;
  const sources = [{ index: 0, name: update.name, size: 0 }];
  const planned = planPublication(id, sources, placement, trees);
  await prepare(id, planned, options);
  const digest = await copyInto(
    update.file,
    planned.map(({ staged }) => staged),
    { signal },
  );
  return {
    planned: planned.map((file) => ({ ...file, size: digest.size })),
    digests: new Map([[0, digest]]),
  };
}

/** Whatever would fail in the middle of the switch is found before it. */
async function prepare(
  id: number,
  planned: readonly PlannedFile[],
  { trees, reserveBytes }: StageOptions,
): Promise<void> {
  await requireRoom(planned, trees, reserveBytes);
  for (const root of distinctRoots(trees))
    await mkdir(stagingFolder(root, id), { recursive: true });
  for (const { tree, target } of planned) await checkSwitch(trees[tree], target);
}
