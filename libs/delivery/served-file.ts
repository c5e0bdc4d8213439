import type { HotPiece } from './hot-pieces.ts';

/** The trees that telephones read from (Guide ch. 3, p. 15–18). */
export type TreeName = 'TFTP' | 'FTP' | 'HTTP' | 'HTTPS';

/**
 * One version of one file, open for a telephone. Replacing the file in the tree does not tear it:
 * the descriptor stays with the version that was found.
 */
export interface ServedFile {
  /** Name inside the tree, with `/`, as it is spelled on disk. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
  /** Strong and short: phones show it on their display. Quoted, as in the header. */
  readonly etag: string;
  /** All bytes when the file is small enough for the cache, else undefined: then use `read`. Never modified. */
  readonly bytes: Buffer | undefined;
  /**
   * Read up to `target.length` bytes from `position`; returns the number read, 0 at the end.
   * @throws BranchlineError FILE_CHANGED when the file was written to in place: what was sent so far is worthless.
   */
  read(target: Buffer, position: number): Promise<number>;
  /**
   * The piece that the byte at `position` lies in, out of the memory that all downloads of this version share; it must
   * be released. Undefined when it is not to be had: then use `read`.
   * @throws BranchlineError FILE_CHANGED, as `read`.
   */
  readonly piece?: (position: number) => Promise<FoundPiece | undefined>;
  /** The byte at `position` is asked for soon: have its piece read. */
  readonly prepare?: (position: number) => void;
  /** Must be called once, whatever happened. */
  close(): Promise<void>;
  /** This is the substitute for the file of this name, which the phone may not have. */
  readonly insteadOf?: string | undefined;
}

/** A piece, and the position of its first byte in the file. */
export interface FoundPiece {
  readonly piece: HotPiece;
  readonly position: number;
}

/** What a telephone asks for: any of the four servers fills this in. */
export interface PhoneRequest {
  readonly tree: TreeName;
  /** As the phone sent it, after at most one percent-decoding by HTTP. */
  readonly name: string;
  /** The phone's IP address as text. */
  readonly address: string;
}

/** Gets a file that is held in memory, or undefined: then `find` is to be asked. Must not throw. */
export type TakeFile = (file: ServedFile | undefined) => void;

/** The one question of the phone servers, in one place: may this phone have this name, and which bytes? */
export interface Delivery {
  /**
   * Own allow list → generic list → `fxd_` substitute → refusal (Guide p. 41–42).
   * @throws BranchlineError ACCESS_DENIED, NOT_FOUND, PATH_OUTSIDE_TREE, NAME_MALFORMED or FILE_CHANGED.
   */
  find(request: PhoneRequest): Promise<ServedFile>;
  /**
   * As `find`, for a phone that may have what `find` has just given to others out of memory, and without a promise: `take`
   * is called at the end of this turn of the event loop, with a file that need not be closed. False: ask `find`, `take`
   * is not called. Left out where nothing is held in memory.
   */
  findSoon?(request: PhoneRequest, take: TakeFile): boolean;
  /**
   * May this phone log in to, or store in, the server of this tree? By the same lists as downloads.
   * @throws BranchlineError ACCESS_DENIED.
   */
  admit(phone: Pick<PhoneRequest, 'tree' | 'address'>): Promise<void>;
}
