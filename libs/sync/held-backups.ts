import { createHash } from 'node:crypto';
import { asBranchlineError } from '#libs/errors';
import { openInside } from '#libs/files';
import type { Ledger, ReceivedFile } from '#libs/journal';
import { maxRestoreBytes, type HeldBackup, type HeldBackups } from '#libs/link';
import type { Logger } from '#libs/observe';

export interface HeldBackupsOptions {
  /** The hub's `Backup`: a folder for each branch. */
  readonly folder: string;
  readonly ledger: Ledger;
  readonly log: Logger;
}

/** Copies that are looked at before a name counts as lost. */
const maxCopies = 8;

/** Finds a backup by name over all branches; what lies on the disk must still be what the ledger says came. */
export class BackupsOfBranches implements HeldBackups {
  readonly #options: HeldBackupsOptions;

  constructor(options: HeldBackupsOptions) {
    this.#options = options;
  }

  async newest(name: string): Promise<HeldBackup | undefined> {
    const copies = await this.#options.ledger.named('backup', name, maxCopies);
    for (const copy of copies) {
      const bytes = await this.#read(copy);
      if (bytes === undefined) continue;
      const { branch, sha256, savedAt } = copy;
      return { branch, sha256, savedAt, bytes };
    }
    return undefined;
  }

  /** Undefined when a newer version lies there, or somebody has edited it. */
  async #read(copy: ReceivedFile): Promise<Buffer | undefined> {
    const { folder, log } = this.#options;
    if (copy.size > maxRestoreBytes) return undefined;
    try {
      const { handle, stats } = await openInside(folder, `${copy.branch}/${copy.storedAs}`);
      try {
        if (stats.size !== copy.size) return undefined;
        const bytes = await handle.readFile();
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return sha256 === copy.sha256 ? bytes : undefined;
      } finally {
        await handle.close();
      }
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      if (code !== 'NOT_FOUND') throw error;
      log.warn({ branch: copy.branch, name: copy.name, reason: message }, 'a backup is missing');
      return undefined;
    }
  }
}
