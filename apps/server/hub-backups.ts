import { BackupStore, type BackupStoreOptions } from '#libs/backups';
import type { ServerPlan } from './server-plan.ts';

const gibibyte = 1024 ** 3;

/** Of one file that comes up: an archive of a branch, at most. */
export const maxUploadBytes = 4 * gibibyte;

/** Versions of one backup that a hub keeps beside the newest, and their bytes. */
const keepVersions = 10;
const keepBytes = 8 * gibibyte;

/** A hub's `Backup`: a folder for each branch. */
export const hubBackupStore = (
  { folders, publishing }: ServerPlan,
  shared: Required<Pick<BackupStoreOptions, 'clock' | 'log'>>,
): BackupStore =>
  new BackupStore({
    ...shared,
    folder: folders.backup,
    maxBytes: maxUploadBytes,
    maxFiles: 2_000_000,
    maxTotalBytes: Infinity,
    keepVersions,
    keepBytes,
    reserveBytes: publishing.reserveBytes,
  });
