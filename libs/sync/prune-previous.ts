import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ifThere } from '#libs/files';
import type { PublicationFile, PublicationsTable } from '#libs/journal';
import { distinctRoots, previousRoot, type TreeFolders } from './tree-folders.ts';

export interface PreviousOptions {
  readonly publications: PublicationsTable;
  readonly trees: TreeFolders;
  /** Replaced versions of each file that are kept. */
  readonly keepPrevious: number;
}

/** Publications that keep what they replaced, however few files they share. */
const maxKept = 40;

/** One place of one file, whatever tree and spelling it goes by. */
export const placeKey = (
  { tree, name }: Pick<PublicationFile, 'tree' | 'name'>,
  trees: TreeFolders,
): string => path.resolve(trees[tree], name).toLowerCase();

/**
 * Keep what publications have replaced as long as fewer than `keepPrevious` later ones have replaced any of the same files,
 * and forget the rest. A publication keeps all that it replaced or nothing; what is forgotten is forgotten in the journal
 * first, so that a crash in between leaves nothing that looks like a whole. What files of the other server have replaced counts
 * by itself (`prunePaired`): it must not push out what an update can be rolled back to.
 */
export async function prunePrevious(options: PreviousOptions): Promise<void> {
  const { publications, trees, keepPrevious } = options;
  const roots = distinctRoots(trees).map(previousRoot);
  const names = new Set((await Promise.all(roots.map(namesIn))).flat());
  const ofPair = publications.pairedIds();
  const later = new Map<string, number>();
  let kept = 0;
  for (const name of [...names].toSorted((a, b) => Number(b) - Number(a))) {
    await turn();
    const id = Number(name);
    if (ofPair.has(id)) continue;
    const places = publications.files(id).map((file) => placeKey(file, trees));
    const depth = places.reduce((most, place) => Math.max(most, later.get(place) ?? 0), 0);
    const keep = places.length > 0 && depth < keepPrevious && kept < maxKept;
    // What lies below one that is forgotten cannot be gone back to either.
    for (const place of places) later.set(place, keep ? (later.get(place) ?? 0) + 1 : Infinity);
    if (keep) {
      kept += 1;
      continue;
    }
    publications.forgetFiles(id);
    for (const root of roots) await rm(path.join(root, name), { recursive: true, force: true });
  }
}

const namesIn = async (folder: string): Promise<string[]> => (await ifThere(readdir(folder))) ?? [];
