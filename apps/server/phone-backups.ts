import { BackupStore, type BackupStoreOptions } from '#libs/backups';

const mebibyte = 1024 * 1024;

/** Backups of telephones by FTP: some ten kibibytes each, two for each person. */
export const phoneBackups = (
  folder: string,
  shared: Pick<BackupStoreOptions, 'log' | 'clock' | 'onSettled'>,
): BackupStore =>
  new BackupStore({
    ...shared,
    folder,
    maxBytes: mebibyte,
    maxFiles: 200_000,
    maxTotalBytes: 20_000 * mebibyte,
    keepVersions: 10,
    keepBytes: 10 * mebibyte,
    reserveBytes: 64 * mebibyte,
  });
