export {
  BackupStore,
  type BackupStoreOptions,
  type ListedBackup,
  type SavedBackup,
  type SaveOptions,
} from './backup-store.ts';
export type { BackupVersion } from './backup-version.ts';
export type { Body } from './receive-body.ts';
