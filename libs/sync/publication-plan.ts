import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { resolveInside, safeName } from '#libs/files';
import { publishingRank, type Placement, type Tree } from './placement.ts';
import { stagingFolder, type TreeFolders } from './tree-folders.ts';

/** A file of an update, before it has a place: `source` is its index in the archive, or 0 for a plain file. */
export interface PlannedSource {
  readonly index: number;
  readonly name: string;
  readonly size: number;
}

/** One file of one tree, where it is staged and where it will appear. */
export interface PlannedFile {
  /** Position in the switching order. */
  readonly ordinal: number;
  readonly source: number;
  readonly tree: Tree;
  readonly name: string;
  readonly size: number;
  readonly staged: string;
  readonly target: string;
}

const litter = /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i;

/** What copying programs of other systems leave in archives, and no telephone asks for. */
export const isLitter = (name: string): boolean => litter.test(name);

/**
 * Give every file of an update its places and the order in which they appear.
 * @throws BranchlineError ARCHIVE_NAME_CLASH when two files claim one place; PATH_OUTSIDE_TREE or NAME_MALFORMED.
 */
export function planPublication(
  publication: number,
  sources: readonly PlannedSource[],
  placement: Placement,
  trees: TreeFolders,
): PlannedFile[] {
  const places = new Map<
    string,
    { source: PlannedSource; tree: Tree; name: string; named: boolean }
  >();
  for (const source of sources) {
    if (isLitter(source.name)) continue;
    for (const place of placement.placesOf(source.name)) {
      const name = safeName(place.name);
      // Telephones ask without regard to case, and two trees may share a folder: both are one place.
      const key = resolveInside(trees[place.tree], name).toLowerCase();
      const taken = places.get(key);
      if (taken !== undefined && taken.source !== source && taken.named === place.named) {
        throw new BranchlineError(
          'ARCHIVE_NAME_CLASH',
          `"${taken.source.name}" and "${source.name}" both want to be ${name} in the ${place.tree} tree; keep one of them`,
        );
      }
      if (taken === undefined || place.named) places.set(key, { source, ...place, name });
    }
  }
  return [...places.values()]
    .toSorted((a, b) => publishingRank(a.name) - publishingRank(b.name))
    .map(({ source, tree, name }, ordinal) => ({
      ordinal,
      source: source.index,
      tree,
      name,
      size: source.size,
      staged: path.join(stagingFolder(trees[tree], publication), `${ordinal}`),
      target: resolveInside(trees[tree], name),
    }));
}
