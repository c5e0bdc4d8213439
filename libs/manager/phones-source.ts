import type { Readable } from 'node:stream';
import type { Explanation } from '#libs/delivery';
import type { ListedPhone } from '#libs/pages';

/** Where backups lie: what telephones saved here by HTTP or FTP, devices of other makers, and at a hub its branches. */
export const backupShelves = ['http', 'ftp', 'devices', 'branches'] as const;
export type BackupShelf = (typeof backupShelves)[number];

export interface BackupName {
  readonly name: string;
  /** Bytes; undefined: it was removed, and only versions are left. */
  readonly size: number | undefined;
  /** Unix milliseconds. */
  readonly savedAt: number | undefined;
  /** At a hub: who has the newest, and how many branches have one. */
  readonly branch?: string;
  readonly branches?: number;
}

/** Which bytes: `version` as the store names it, `current` for the newest. */
export interface BackupCopyName {
  readonly shelf: BackupShelf;
  readonly name: string;
  /** At a hub; else empty. */
  readonly branch: string;
  readonly version: string;
}

export interface BackupCopy {
  readonly branch: string;
  readonly version: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly savedAt: number;
}

/** A question of the form "what would it get?". */
export interface PhoneQuestion {
  readonly ip: string;
  readonly file: string;
  readonly server: string;
  readonly mac: string;
  readonly model: string;
  readonly group: string;
}

/** What the page of the telephones needs of this machine. */
export interface PhonesSource {
  list(
    words: string,
    limit: number,
    offset: number,
  ): Promise<{
    readonly total: number;
    readonly matching: number;
    readonly phones: readonly ListedPhone[];
  }>;
  phone(address: string): Promise<ListedPhone | undefined>;
  /** @throws BranchlineError USAGE. */
  explain(question: PhoneQuestion): Promise<Explanation>;
  /** Those that the settings open here. */
  shelves(): Promise<readonly BackupShelf[]>;
  /** Names that hold `words`, in order, beginning after the name `after`. */
  names(
    shelf: BackupShelf,
    words: string,
    limit: number,
    after: string,
  ): Promise<readonly BackupName[]>;
  /** Every copy of a name, the last saved first; none when there is no such name. */
  copies(shelf: BackupShelf, name: string): Promise<readonly BackupCopy[]>;
  /** @throws BranchlineError NOT_FOUND. */
  read(copy: BackupCopyName): Promise<{ readonly bytes: Readable; readonly size: number }>;
  /** @throws BranchlineError NOT_FOUND. */
  restore(copy: BackupCopyName): Promise<void>;
}

export const shelfWords: Readonly<Record<BackupShelf, string>> = {
  http: 'Saved by HTTP and HTTPS',
  ftp: 'Saved by FTP',
  devices: 'Saved by devices of other makers',
  branches: 'Of the branches',
};
