import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { BackupStore } from '#libs/backups';
import { BranchlineError } from '#libs/errors';
import { hashFile, ifThere } from '#libs/files';
import type { Ledger } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';

/** One copy of a backup at a hub. Times are Unix milliseconds. */
export interface BranchCopy {
  readonly branch: string;
  readonly name: string;
  /** As the store names it; `current` for the newest of that branch. */
  readonly version: string;
  readonly size: number;
  readonly sha256: string;
  readonly savedAt: number;
}

export interface BranchBackupsOptions {
  /** The hub's `Backup`: a folder for each branch. */
  readonly folder: string;
  readonly store: BackupStore;
  readonly ledger: Pick<Ledger, 'named' | 'record'>;
  readonly clock: Clock;
}

/** Copies of one name that are looked at. */
const maxCopies = 1_000;

/** What branches have sent to a hub, over all of them or of one, for people who look for a backup. */
export class BranchBackups {
  readonly #options: BranchBackupsOptions;

  constructor(options: BranchBackupsOptions) {
    this.#options = options;
  }

  /** Names and who has the newest, by name; `branch` undefined for all. */
  async list(
    branch: string | undefined,
    limit: number,
    after = '',
  ): Promise<{ name: string; branch: string; size: number; savedAt: number; branches: number }[]> {
    const { store, ledger } = this.#options;
    const names = new Set<string>();
    for (const { name } of await store.list(Infinity)) {
      const [of, ...rest] = name.split('/');
      const plain = rest.join('/');
      if (plain > after && (branch === undefined || of === branch)) names.add(plain);
    }
    const rows = [];
    for (const name of [...names].toSorted().slice(0, limit)) {
      const copies = (await ledger.named('backup', name, maxCopies)).filter(
        (copy) => branch === undefined || copy.branch === branch,
      );
      const [newest] = copies;
      if (newest === undefined) continue;
      rows.push({
        name,
        branch: newest.branch,
        size: newest.size,
        savedAt: newest.savedAt,
        branches: copies.length,
      });
    }
    return rows;
  }

  /** Every copy of a name that is still here, the last saved first. */
  async copies(name: string, branch: string | undefined): Promise<BranchCopy[]> {
    const { store, ledger, folder } = this.#options;
    const found: BranchCopy[] = [];
    for (const known of await ledger.named('backup', name, maxCopies)) {
      if (branch !== undefined && known.branch !== branch) continue;
      const of = { branch: known.branch, name };
      const inStore = `${known.branch}/${name}`;
      const current = await sizeOf(path.join(folder, inStore));
      if (current !== undefined) {
        const { sha256 } = await hashFile(path.join(folder, inStore));
        const { savedAt } = known;
        found.push({ ...of, version: 'current', size: current, sha256, savedAt });
      }
      for (const { version, size, created } of await store.versions(inStore)) {
        const { sha256 } = await hashFile(await store.pathOf(inStore, version));
        found.push({ ...of, version, size, sha256, savedAt: created });
      }
    }
    return found.toSorted((a, b) => b.savedAt - a.savedAt);
  }

  /**
   * Make a version the newest of its branch again, and thereby of all: a telephone that asks anywhere gets it.
   * @throws BranchlineError NOT_FOUND.
   */
  async restore(
    branch: string,
    name: string,
    version: string,
  ): Promise<{ size: number; sha256: string }> {
    const { store, ledger, clock } = this.#options;
    const known = await ledger.named('backup', name, maxCopies);
    if (!known.some((copy) => copy.branch === branch)) {
      throw new BranchlineError('NOT_FOUND', `${branch} has sent no ${JSON.stringify(name)}`);
    }
    const { size, sha256 } = await store.restore(`${branch}/${name}`, version);
    const now = clock.now();
    await ledger.record([
      {
        ...{ branch, kind: 'backup', name, size, sha256 },
        ...{ storedAs: name, modifiedMs: now, receivedAt: now },
      },
    ]);
    return { size, sha256 };
  }
}

const sizeOf = async (file: string): Promise<number | undefined> =>
  (await ifThere(stat(file)))?.size;
