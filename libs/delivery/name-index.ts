import { opendir } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { FreshRuns, type Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { FreshStat } from './fresh-stat.ts';
import { isSameVersion, isSettled, markOf, type VersionMark } from './version-mark.ts';

/** The names of one folder by their lower-case spelling. */
interface Listing {
  readonly mark: VersionMark;
  readonly settled: boolean;
  readonly byLowerCase: ReadonlyMap<string, readonly string[]>;
  readonly count: number;
}

export interface NameIndexOptions {
  readonly stat: FreshStat;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names of one folder; a larger one is searched by exact name only. */
  readonly maxNamesInFolder: number;
  /** Names of all folders that are remembered. */
  readonly maxNames?: number;
}

/** Paths that one request may lead to when a folder holds the same name in several spellings. */
const maxTries = 16;
const maxWarned = 1000;

/**
 * Finds a file whatever the case of the letters in its name, part by part: phones write `46xxUPGRADE.SCR` where the disk
 * has `46xxupgrade.scr`. The exact spelling wins in every folder, then the first in code unit order.
 */
export class NameIndex {
  readonly #stat: FreshStat;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #maxNamesInFolder: number;
  readonly #maxNames: number;
  readonly #listings = new Map<string, Listing>();
  readonly #reading = new FreshRuns<Listing | undefined>();
  readonly #warned = new Set<string>();
  #names = 0;

  constructor(options: NameIndexOptions) {
    this.#stat = options.stat;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#maxNamesInFolder = options.maxNamesInFolder;
    this.#maxNames = options.maxNames ?? 100_000;
  }

  /** The name under `root` as it is spelled on disk, or undefined. `name` has `/` between its parts. */
  async spelling(root: string, name: string): Promise<string | undefined> {
    return await this.#search(root, name.split('/'), { tries: maxTries });
  }

  async #search(
    folder: string,
    [part = '', ...rest]: readonly string[],
    left: { tries: number },
  ): Promise<string | undefined> {
    for (const candidate of await this.#candidates(folder, part)) {
      left.tries -= 1;
      if (left.tries < 0) return undefined;
      const place = path.join(folder, candidate);
      if (rest.length === 0) {
        if ((await this.#stat.at(place))?.isFile() === true) return candidate;
        continue;
      }
      const below = await this.#search(place, rest, left);
      if (below !== undefined) return `${candidate}/${below}`;
    }
    return undefined;
  }

  async #candidates(folder: string, part: string): Promise<readonly string[]> {
    const listing = await this.#listing(folder);
    const same = listing?.byLowerCase.get(part.toLowerCase()) ?? [];
    if (same.length < 2) return same;
    this.#warnOnce(`${folder}/${part.toLowerCase()}`, () => {
      this.#log.warn(
        { folder, names: same.slice(0, 4), asked: part },
        'names differ only in the case of their letters',
      );
    });
    return same.toSorted((a, b) => Number(b === part) - Number(a === part));
  }

  async #listing(folder: string): Promise<Listing | undefined> {
    const stats = await this.#stat.at(folder);
    if (stats?.isDirectory() !== true) {
      this.#forget(folder);
      return undefined;
    }
    const mark = markOf(stats);
    const known = this.#listings.get(folder);
    if (known?.settled === true && isSameVersion(known.mark, mark)) {
      this.#listings.delete(folder);
      this.#listings.set(folder, known);
      return known;
    }
    return await this.#reading.of(folder, () => this.#read(folder, mark));
  }

  async #read(folder: string, mark: VersionMark): Promise<Listing | undefined> {
    const readAt = this.#clock.now();
    const byLowerCase = new Map<string, string[]>();
    let count = 0;
    try {
      for await (const { name } of await opendir(folder, { bufferSize: 512 })) {
        count += 1;
        if (count > this.#maxNamesInFolder) {
          this.#warnOnce(folder, () => {
            this.#log.warn(
              { folder, limit: this.#maxNamesInFolder },
              'folder too large to be searched whatever the case of letters',
            );
          });
          byLowerCase.clear();
          break;
        }
        const lower = name.toLowerCase();
        const same = byLowerCase.get(lower);
        if (same === undefined) byLowerCase.set(lower, [name]);
        else same.push(name);
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) {
        return undefined;
      }
      throw error;
    }
    for (const same of byLowerCase.values()) same.sort();
    const settled = isSettled(mark, readAt);
    const listing = { mark, settled, byLowerCase, count: byLowerCase.size + 1 };
    this.#remember(folder, listing);
    return listing;
  }

  #remember(folder: string, listing: Listing): void {
    this.#forget(folder);
    this.#listings.set(folder, listing);
    this.#names += listing.count;
    for (const oldest of this.#listings.keys()) {
      if (this.#names <= this.#maxNames) break;
      this.#forget(oldest);
    }
  }

  #forget(folder: string): void {
    this.#names -= this.#listings.get(folder)?.count ?? 0;
    this.#listings.delete(folder);
  }

  #warnOnce(key: string, warn: () => void): void {
    if (this.#warned.has(key) || this.#warned.size >= maxWarned) return;
    this.#warned.add(key);
    warn();
  }
}
