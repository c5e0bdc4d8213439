/** How large an archive may be, and claim to be. Everything beyond is refused before a byte is unpacked. */
export interface ArchiveLimits {
  /** Bytes of the archive itself. */
  readonly archiveBytes: number;
  /** Bytes of one member, unpacked. */
  readonly memberBytes: number;
  /** Bytes of all members, unpacked. */
  readonly totalBytes: number;
  /** Members, folders included. */
  readonly entries: number;
  /** Unpacked to packed bytes of one member, for members above `ratioFromBytes`. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  /** Parts of a name. */
  readonly depth: number;
  /** Bytes of a whole name in UTF-8. */
  readonly nameBytes: number;
}

export const defaultLimits: ArchiveLimits = {
  archiveBytes: 2 * 1024 ** 3,
  memberBytes: 1024 ** 3,
  totalBytes: 4 * 1024 ** 3,
  entries: 10_000,
  ratio: 200,
  ratioFromBytes: 1024 ** 2,
  depth: 16,
  nameBytes: 240,
};
