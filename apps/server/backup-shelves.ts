import type { BackupStore } from '#libs/backups';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { SqliteLedger } from '#libs/journal';
import { BranchBackups } from '#libs/sync';
import { hubBackupStore } from './hub-backups.ts';
import { phoneBackups } from './phone-backups.ts';
import type { ServerPlan } from './server-plan.ts';
import { uploadStore } from './upload-part.ts';
import { withJournal } from './with-journal.ts';

/** Where telephones of this server save: by HTTP or HTTPS, by FTP, devices of other makers. */
export const shelfNames = ['http', 'ftp', 'devices'] as const;
export type ShelfName = (typeof shelfNames)[number];

export interface Shelf {
  readonly folder: string;
  readonly store: BackupStore;
}

const shared = { log: silentLogger(), clock: systemClock };

/** For another process than the server, beside it or without it; undefined where the settings open none. */
export function shelfOf({ folders, uploads }: ServerPlan, name: ShelfName): Shelf | undefined {
  if (name === 'ftp') {
    return { folder: folders.trees.FTP, store: phoneBackups(folders.trees.FTP, shared) };
  }
  const space = name === 'http' ? uploads.backups : uploads.devices;
  return space && { folder: space.folder, store: uploadStore(space, shared) };
}

/** What branches have sent to this hub. */
export async function withBranchBackups<T>(
  plan: ServerPlan,
  work: (backups: BranchBackups, shelf: Shelf) => Promise<T>,
): Promise<T> {
  return await withJournal(plan, async (journal) => {
    const store = hubBackupStore(plan, shared);
    await store.prepare('keep');
    const folder = plan.folders.backup;
    const ledger = new SqliteLedger(journal);
    const { clock } = shared;
    return await work(new BranchBackups({ folder, store, ledger, clock }), { folder, store });
  });
}
