import path from 'node:path';
import { stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';
import { ifThere } from '#libs/files';
import type { Publication, PublicationFile, PublicationsTable } from '#libs/journal';
import { publishingRank } from './placement.ts';
import { placeKey } from './prune-previous.ts';
import { previousFolder, type TreeFolders } from './tree-folders.ts';

/** A file that a publication has replaced, and that can be put back. */
export interface BackFile extends Pick<PublicationFile, 'tree' | 'name' | 'size'> {
  /** Where its bytes are kept. */
  readonly kept: string;
  /** True when somebody has changed it by hand since it was published. */
  readonly edited: boolean;
}

/** What undoing the last publication of an update would do. */
export interface RollBackPlan {
  readonly publication: Publication;
  /** In the order in which they appear: payload first. */
  readonly back: readonly BackFile[];
  /** Files that were new with it: they stay, as telephones may be asking for them. */
  readonly stays: readonly Pick<PublicationFile, 'tree' | 'name'>[];
}

export interface RollBackOptions {
  readonly publications: PublicationsTable;
  readonly trees: TreeFolders;
  /** Replaced versions of each file that are kept. */
  readonly keepPrevious: number;
}

/**
 * Find what the last publication of an update replaced. All of it goes back or nothing: where a later update has replaced
 * one of these files again, going back would leave files of two sets beside each other.
 * @throws BranchlineError NOT_FOUND when it never was in the trees, ROLL_BACK_IMPOSSIBLE.
 */
export async function planRollBack(name: string, options: RollBackOptions): Promise<RollBackPlan> {
  const { publications, trees, keepPrevious } = options;
  const publication = publications.lastPublished(name);
  if (publication === undefined) {
    throw new BranchlineError(
      'NOT_FOUND',
      `${JSON.stringify(name)} was never brought to this server's telephones`,
    );
  }
  // Files of the other server are what somebody has changed by hand there: as if he had done it here.
  const newer = publications
    .inState('published')
    .filter(({ id, paired }) => id > publication.id && !paired);
  const files = publications.files(publication.id);
  await refuseOvertaken(name, files, newer, options);
  const back: BackFile[] = [];
  const stays: RollBackPlan['stays'][number][] = [];
  for (const { ordinal, tree, name: file, size } of files) {
    const kept = path.join(previousFolder(trees[tree], publication.id), `${ordinal}`);
    const before = await ifThere(stat(kept));
    if (before === undefined) {
      stays.push({ tree, name: file });
      continue;
    }
    const now = await ifThere(stat(path.join(trees[tree], file)));
    const edited =
      now !== undefined &&
      (now.size !== size || now.mtimeMs > (publication.finishedAt ?? Infinity));
    back.push({ tree, name: file, size: before.size, kept, edited });
  }
  if (back.length === 0) throw notKept(name, keepPrevious);
  return {
    publication,
    back: back.toSorted((a, b) => publishingRank(a.name) - publishingRank(b.name)),
    stays,
  };
}

async function refuseOvertaken(
  name: string,
  files: readonly PublicationFile[],
  newer: readonly Publication[],
  { publications, trees }: RollBackOptions,
): Promise<void> {
  const places = new Set(files.map((file) => placeKey(file, trees)));
  for (const [n, later] of newer.entries()) {
    // There may be thousands: others must get their turn in between.
    if (n % 10 === 0) await turn();
    const again = publications.files(later.id).find((file) => places.has(placeKey(file, trees)));
    if (again === undefined) continue;
    throw new BranchlineError(
      'ROLL_BACK_IMPOSSIBLE',
      `${JSON.stringify(later.name)} has replaced ${again.name} in the ${again.tree} tree since ${JSON.stringify(name)} was published: roll ${JSON.stringify(later.name)} back first, or telephones would get files of two sets`,
    );
  }
}

const notKept = (name: string, keepPrevious: number): BranchlineError =>
  new BranchlineError(
    'ROLL_BACK_IMPOSSIBLE',
    `nothing that ${JSON.stringify(name)} replaced here is kept: its files were new, or their earlier versions are older than the last ${keepPrevious} (KeepReleases); publish the earlier version again`,
  );
