import type { PiecedFile } from '#libs/delivery';
import type { Entry } from './listing.ts';
import type { VirtualPath } from './virtual-path.ts';

/** A file that is open for being sent. */
export interface OpenFile extends PiecedFile {
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
  /** All bytes of a small file; else `read`. Never modified. */
  readonly bytes: Buffer | undefined;
  close(): Promise<void>;
}

/** What stays of the old file in front of an upload: nothing, its first bytes (REST), or all of it (APPE). */
export type Kept = number | 'all';

/** An upload that is safe on the disk. */
export interface Saved {
  /** As spelled on disk. */
  readonly name: string;
  readonly sha256?: string;
}

/** The files that one session may see and change. Everything throws BranchlineError. */
export interface FileArea {
  /** Who it belongs to, for the log. */
  readonly owner: string;
  /** True when the owner may be silent as long as a person is. */
  readonly patient: boolean;
  /** @throws NOT_FOUND when there is no such folder. */
  enter(folder: VirtualPath): Promise<void>;
  /** The entries of a folder, or the one file that `path` names. @throws NOT_FOUND. */
  list(path: VirtualPath): Promise<readonly Entry[]>;
  /** @throws NOT_FOUND. */
  look(path: VirtualPath): Promise<Entry>;
  open(path: VirtualPath): Promise<OpenFile>;
  /**
   * May a file be stored under this name? Asked before a client is told to send it.
   * @throws NOT_FOUND, WRITE_REFUSED, ACCESS_DENIED, PHONE_UNVERIFIED.
   */
  mayStore(path: VirtualPath): Promise<void>;
  /**
   * Store a file whole or not at all: when `body` throws, the old file is untouched.
   * @throws WRITE_REFUSED, FILE_TOO_LARGE, DISK_FULL, WRITE_FAILED and what `body` throws.
   */
  save(path: VirtualPath, body: AsyncIterable<Buffer>, kept: Kept): Promise<Saved>;
  remove(path: VirtualPath): Promise<void>;
  rename(from: VirtualPath, to: VirtualPath): Promise<void>;
  makeFolder(path: VirtualPath): Promise<void>;
  removeFolder(path: VirtualPath): Promise<void>;
}
