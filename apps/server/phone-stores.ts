import type { BackupStore, BackupStoreOptions, SettledBackup } from '#libs/backups';
import type { MirrorArea } from '#libs/journal';

/** Areas in which telephones save. */
export type PhoneArea = Extract<MirrorArea, 'phones-ftp' | 'phones-http' | 'devices'>;

/** Told of what telephones have saved, on the disk already; they are acknowledged once it resolves. */
export type OnSaved = (area: PhoneArea | 'passwords', change: SettledBackup) => Promise<void>;

/** Where telephones save. */
export interface PhoneStore {
  readonly area: PhoneArea;
  readonly folder: string;
  readonly store: BackupStore;
}

/** What the store of an area tells. */
export const settledIn = (
  area: PhoneArea,
  onSaved: OnSaved | undefined,
): BackupStoreOptions['onSettled'] => onSaved && ((change) => onSaved(area, change));
