import { BackupStore } from '#libs/backups';
import { SqliteLedger } from '#libs/journal';
import type { HeldBackups, UploadIntake } from '#libs/link';
import { BackupsOfBranches, BackupShelf, Intake } from '#libs/sync';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** Of one file that comes up: an archive of a branch, at most. */
const maxBytes = 4 * gibibyte;

/** Versions of one backup that a hub keeps beside the newest, and their bytes. */
const keepVersions = 10;
const keepBytes = 8 * gibibyte;

/** A hub's two sides of what comes up from its branches: taking it, and finding it again. */
export async function intakePart(
  { folders, publishing: { reserveBytes } }: ServerPlan,
  { journal, clock, log }: Runtime,
): Promise<{ readonly intake: UploadIntake; readonly held: HeldBackups }> {
  const store = new BackupStore({
    folder: folders.backup,
    maxBytes,
    maxFiles: 2_000_000,
    maxTotalBytes: Infinity,
    keepVersions,
    keepBytes,
    reserveBytes,
    clock,
    log: log.child({ service: 'backups' }),
  });
  await store.prepare();
  const ledger = new SqliteLedger(journal);
  const intake = new Intake({
    ledger,
    shelves: { backup: new BackupShelf(folders.backup, store) },
    reserveBytes,
    maxBytes,
    clock,
    log: log.child({ service: 'intake' }),
    onClash: () => undefined,
  });
  return {
    intake,
    held: new BackupsOfBranches({
      folder: folders.backup,
      ledger,
      log: log.child({ service: 'backups' }),
    }),
  };
}
