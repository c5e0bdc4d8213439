import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { MirrorFile, PublicationsTable } from '#libs/journal';
import type { TreeFolders } from './tree-folders.ts';

interface Placed {
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly finishedAt: number;
}

/** Publications between which others get their turn. */
const atOnce = 20;

/**
 * Which files of the trees are there because an update put them there, so that they come to the other server of a pair with the
 * update. What was put back, edited or taken from the other server is no update's, until one is published over it.
 */
export class PublishedFiles {
  readonly #publications: PublicationsTable;
  readonly #trees: TreeFolders;
  #places: ReadonlyMap<string, Placed> = new Map();
  #mark: string | undefined;

  constructor(publications: PublicationsTable, trees: TreeFolders) {
    this.#publications = publications;
    this.#trees = trees;
  }

  /** Read what has changed since the last time; before a look at a tree. */
  async refresh(): Promise<void> {
    const mark = this.#publications.publishedMark();
    if (mark === this.#mark) return;
    const places = new Map<string, Placed>();
    for (const [n, last] of this.#publications.inState('published').entries()) {
      // There may be thousands.
      if (n % atOnce === 0) await turn();
      const isUpdate = last.undoes === undefined && !last.paired;
      for (const { tree, name, sha256 } of this.#publications.files(last.id)) {
        const place = path.resolve(this.#trees[tree], name);
        if (isUpdate) places.set(place, { sha256, finishedAt: last.finishedAt ?? 0 });
        else places.delete(place);
      }
    }
    this.#places = places;
    this.#mark = mark;
  }

  /** True when the last publication that reached this place was an update's, and nobody has touched the file since. */
  has(root: string, { name, sha256, modifiedMs }: MirrorFile): boolean {
    const placed = this.#places.get(path.resolve(root, name));
    return placed?.sha256 === sha256 && modifiedMs <= placed.finishedAt;
  }
}
