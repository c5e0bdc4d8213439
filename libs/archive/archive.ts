/** One member of an archive that has passed every check. */
export interface ArchiveEntry {
  /** With `/`, without one at the end. */
  readonly name: string;
  readonly isFolder: boolean;
  /** Bytes, unpacked, as declared; unpacking holds the archive to it. */
  readonly size: number;
  /** Bytes inside the archive. */
  readonly compressedSize: number;
  readonly crc32: number;
  readonly method: 'stored' | 'deflate';
  /** Where the packed bytes begin in the archive. */
  readonly dataOffset: number;
}

/** What is in a zip, after inspection. */
export interface Archive {
  readonly path: string;
  /** In the order of the archive's own directory. */
  readonly entries: readonly ArchiveEntry[];
  /** Bytes of all members, unpacked: what one copy of them needs on disk. */
  readonly totalBytes: number;
}
