import type { ArchiveLimits } from '#libs/archive';
import { runThread } from '#libs/lifecycle';
import type { Tree } from './placement.ts';
import type { TreeFolders } from './tree-folders.ts';

/** What a file would do at its place. */
export type PlaceChange = 'new' | 'changed' | 'same';

/** One file of an update. */
export interface LookedFile {
  /** In the archive; an update that is no archive has one file, itself. */
  readonly name: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** What telephones read first: which firmware to fetch, which settings to take. */
  readonly role: 'upgrade' | 'settings' | 'access-list' | 'other';
  readonly places: readonly {
    readonly tree: Tree;
    readonly name: string;
    /** Null where there was nothing to compare with, or more than may be read for it. */
    readonly change: PlaceChange | null;
  }[];
}

/** What is in an update, and what it would do. */
export interface UpdateLook {
  readonly archive: boolean;
  /** Bytes of all its files, unpacked. */
  readonly bytes: number;
  /** What copying programs left in it, and no telephone gets. */
  readonly litter: number;
  /** What it was compared with: the files that telephones here get, or the update of that name that is published. */
  readonly against: 'trees' | 'published' | 'nothing';
  readonly trees: readonly ({
    readonly tree: Tree;
    readonly files: number;
    readonly bytes: number;
  } & {
    readonly [Change in PlaceChange]: number;
  })[];
  readonly filesTotal: number;
  /** Scripts first, then what changes; the first `maxLookedFiles`. */
  readonly files: readonly LookedFile[];
  /** Files of the published update of that name that are no longer in it: they stay where they are. */
  readonly gone: { readonly total: number; readonly names: readonly string[] };
}

export interface LookOrder {
  readonly file: string;
  readonly name: string;
  readonly limits: ArchiveLimits;
  readonly patterns46xx: readonly string[];
  readonly trees: TreeFolders;
  /** False at a hub without telephones, whose trees are empty. */
  readonly compareTrees: boolean;
  /** The update of that name as it is published. */
  readonly published: string | undefined;
  /** Also unpack every member, to hold it to its checksum. */
  readonly verify: boolean;
}

export const maxLookedFiles = 500;

/** Longer than any disk takes for the largest archive, in milliseconds. */
const longestMs = 10 * 60_000;

/**
 * Look into an update in a thread of its own: ten thousand members and their counterparts on the disk would hold up
 * telephones.
 * @throws BranchlineError ARCHIVE_* when it would be refused, NAME_MALFORMED, PATH_OUTSIDE_TREE.
 */
export async function lookIntoUpdate(order: LookOrder, signal?: AbortSignal): Promise<UpdateLook> {
  const late = AbortSignal.timeout(longestMs);
  return await runThread<never, UpdateLook>(import.meta.url, 'look-worker', {
    task: `looking into ${order.name}`,
    data: order,
    heapMb: 256,
    signal: signal === undefined ? late : AbortSignal.any([signal, late]),
  });
}
