import type { UploadIdentity } from '#libs/journal';

/** Where a file lies in its branch's folder, and whether it had to give way to other bytes of the same name. */
export interface Placed {
  readonly storedAs: string;
  readonly clash: boolean;
}

/**
 * Where a hub keeps one kind of what comes up. When either method resolves, the bytes and their name survive a power cut;
 * the caller lets one file of a branch and name in at a time.
 * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, FILE_TOO_LARGE, BACKUPS_TOO_MANY, DISK_FULL or WRITE_FAILED.
 */
export interface Shelf {
  /** A folder for each branch lies in it. */
  readonly root: string;
  /** Folder for what is on its way, on the same disk. */
  readonly incoming: string;
  putBytes(identity: UploadIdentity, bytes: Buffer): Promise<Placed>;
  /** Take over a verified, synced file from `incoming`; it is gone afterwards. */
  putFile(identity: UploadIdentity, file: string): Promise<Placed>;
}
