import { opendir } from 'node:fs/promises';
import { asBranchlineError, systemCode } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { AccessList, accessListLimits } from './access-list.ts';
import type { FreshStat } from './fresh-stat.ts';
import { genericList, isAccessListName, listOf } from './list-names.ts';
import type { ServedFile, TreeName } from './served-file.ts';
import { isSameVersion, isSettled, markOf, type VersionMark } from './version-mark.ts';
import type { VersionStore } from './version-store.ts';

/** Who may have the files of one tree. */
export type AccessRule =
  /** There is no list: every telephone. */
  | { readonly kind: 'open' }
  /** Who is in the list `name`, spelled as on disk. */
  | {
      readonly kind: 'list';
      readonly name: string;
      readonly etag: string;
      readonly list: AccessList;
    }
  /** There is a list, and nobody can tell what it says: no telephone. */
  | { readonly kind: 'closed'; readonly name: string; readonly why: string };

export interface TreeAccessOptions {
  readonly tree: TreeName;
  /** Folder of the tree. */
  readonly root: string;
  readonly stat: FreshStat;
  readonly versions: VersionStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was looked at less than this many milliseconds ago is not looked at again: a changed list holds after that time. */
const freshMs = 1_000;

interface Listing {
  readonly mark: VersionMark;
  readonly settled: boolean;
  readonly names: readonly string[];
}

/** The access rule of one tree, read again when its list has changed. */
export class TreeAccess {
  readonly #options: TreeAccessOptions;
  #rule: AccessRule | undefined;
  /** What was read last: as long as it is the same version, it says the same. */
  #read: { readonly file: ServedFile; readonly rule: AccessRule } | undefined;
  #listing: Listing | undefined;
  #lookedAt = -Infinity;
  #looking: Promise<AccessRule> | undefined;
  #missed = false;

  constructor(options: TreeAccessOptions) {
    this.#options = options;
  }

  /** The rule as it was within the last second, without a look at the disk; undefined when that was not done. */
  known(): AccessRule | undefined {
    const age = this.#options.clock.now() - this.#lookedAt;
    return age >= 0 && age < freshMs ? this.#rule : undefined;
  }

  /** The rule as it is on disk. Never rejects: what cannot be read closes. */
  async look(): Promise<AccessRule> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return await this.#looking;
  }

  async #lookNow(): Promise<AccessRule> {
    const startedAt = this.#options.clock.now();
    const before = this.#rule;
    let rule = await this.#onDisk();
    if (before !== undefined && vanished(before, this.#listing?.names) && !this.#missed) {
      // Some editors take the old file away before the new one is there: believed when it is still so a second later.
      this.#missed = true;
      rule = before;
    } else {
      this.#missed = false;
    }
    this.#rule = rule;
    this.#lookedAt = startedAt;
    if (told(before) !== told(rule)) this.#tell(rule, before);
    return rule;
  }

  async #onDisk(): Promise<AccessRule> {
    try {
      const name = inForce(await this.#names(), this.#options.tree);
      return name === undefined ? { kind: 'open' } : await this.#readList(name);
    } catch (error) {
      const why = asBranchlineError(error).message;
      return { kind: 'closed', name: listOf(this.#options.tree), why };
    }
  }

  async #readList(name: string): Promise<AccessRule> {
    const { root, versions } = this.#options;
    const closed = (why: string): AccessRule => ({ kind: 'closed', name, why });
    try {
      const file = await versions.open(root, name);
      if (file === undefined) return closed('it is no file that this server may read');
      await file.close();
      if (file === this.#read?.file) return this.#read.rule;
      if (file.bytes === undefined) {
        return closed(`it exceeds ${accessListLimits.bytes / 1024} KiB`);
      }
      const list = AccessList.read(file.bytes);
      const rule: AccessRule =
        list === undefined
          ? closed(`it exceeds ${accessListLimits.entries} entries`)
          : { kind: 'list', name, etag: file.etag, list };
      this.#read = { file, rule };
      return rule;
    } catch (error) {
      return closed(asBranchlineError(error).message);
    }
  }

  /** The names of lists in the tree's folder, as spelled there. */
  async #names(): Promise<readonly string[]> {
    const { root, stat, clock } = this.#options;
    const stats = await stat.at(root);
    const known = this.#listing;
    const mark = stats === undefined ? undefined : markOf(stats);
    if (known?.settled === true && mark !== undefined && isSameVersion(known.mark, mark)) {
      return known.names;
    }
    const readAt = clock.now();
    const names = await listNamesIn(root);
    this.#listing = mark && { mark, settled: isSettled(mark, readAt), names };
    return names;
  }

  #tell(rule: AccessRule, before: AccessRule | undefined): void {
    const { tree, root, log } = this.#options;
    switch (rule.kind) {
      case 'open':
        if (before !== undefined) log.warn({ tree, root }, 'no access list: open to every phone');
        return;
      case 'closed':
        log.error(
          { tree, root, list: rule.name, why: rule.why },
          'access list cannot be read: closed to every phone',
        );
        return;
      case 'list': {
        const { name, list } = rule;
        const others = (this.#listing?.names ?? []).filter(
          (other) => other !== name && other.toLowerCase() === name.toLowerCase(),
        );
        if (others.length > 0) {
          log.warn({ tree, root, list: name, others }, 'lists differ only in the case of letters');
        }
        log.info({ tree, root, list: name, lines: list.size }, 'access list in force');
        for (const { line, text, why } of list.faults) {
          log.warn({ tree, list: name, line, text, why }, 'line of an access list ignored');
        }
        if (list.faultCount > list.faults.length) {
          log.warn({ tree, list: name, lines: list.faultCount }, 'more lines ignored');
        }
      }
    }
  }
}

/** The server's own list counts, else the generic one; of several spellings the Guide's, else the first. */
function inForce(names: readonly string[], tree: TreeName): string | undefined {
  for (const wanted of [listOf(tree), genericList]) {
    const same = names.filter((name) => name.toLowerCase() === wanted.toLowerCase());
    const found = same.includes(wanted) ? wanted : same[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

const vanished = (rule: AccessRule, names: readonly string[] | undefined): boolean =>
  rule.kind !== 'open' && names?.includes(rule.name) !== true;

/** For the log: what was said before is not said again. */
function told(rule: AccessRule | undefined): string | undefined {
  switch (rule?.kind) {
    case undefined:
      return undefined;
    case 'open':
      return 'open';
    case 'closed':
      return `closed ${rule.name} ${rule.why}`;
    case 'list':
      return `list ${rule.name} ${rule.etag}`;
  }
}

/** A folder that is not there has none; one that may not be read is for the caller to judge. */
async function listNamesIn(root: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(root, { bufferSize: 512 })) {
      if (isAccessListName(name)) names.push(name);
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names.sort();
}
