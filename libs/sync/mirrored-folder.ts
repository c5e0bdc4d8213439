import type { ListedFile } from '#libs/files';
import type { MirrorArea, MirrorFile } from '#libs/journal';

/** A file from the other server, verified, with its time and the folder's mode, fsynced, on the folder's disk. */
export interface FetchedFile extends MirrorFile {
  /** Where it lies; the folder moves or removes it, also when it fails: then it is fetched anew. */
  readonly path: string;
  /** SHA-256 of what lay here under the name when it was asked for; undefined for nothing. */
  readonly replaces: string | undefined;
}

/** A folder that both servers of a pair hold alike. What is replaced or removed in it stays as a version. */
export interface MirroredFolder {
  readonly area: MirrorArea;
  /** The folder itself. */
  readonly root: string;
  /** For files on their way in. */
  readonly incoming: string;
  /** Permissions of what is fetched, before the umask: as of files that are made here. */
  readonly fileMode: number;
  /** True where who changes a file tells it by himself, so that looking often is not needed. */
  readonly tells: boolean;
  /** True where a program beside the server changes files as well, so that looking often is needed all the same. */
  readonly watched?: boolean;
  /** True where a file that is missing is never told as removed: it comes back from the other server. */
  readonly restored?: boolean;
  /** True where files appear as one set, or not at all. */
  readonly together?: boolean;
  /** What is there and is to be the same at both. @throws BranchlineError TREE_TOO_LARGE. */
  list(): Promise<ListedFile[]>;
  /** Where a file lies. @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED. */
  pathOf(name: string): string;
  /** The digest of a listed file where it is known without reading it. */
  digestOf?(file: ListedFile): string | undefined;
  /** False for a file whose bytes come to the other server on another way. */
  isMirrored(file: MirrorFile): boolean;
  /**
   * Put them in place, all of them on the disk when it resolves. Passed over is what is no longer what it `replaces`: it
   * is looked at again. Returns the names that were put in place.
   * @throws BranchlineError DISK_FULL, WRITE_FAILED, and then none is half there.
   */
  take(files: readonly FetchedFile[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Keep one that lost against what is here as a version beside it. */
  keepVersion(file: FetchedFile): Promise<void>;
  /** Remove a file that still has these bytes. False when it has not. */
  remove(name: string, sha256: string): Promise<boolean>;
}
