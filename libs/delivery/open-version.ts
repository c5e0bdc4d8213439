import { fstat, fstatSync, read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';
import type { HotPieces, PieceSource } from './hot-pieces.ts';
import type { FoundPiece } from './served-file.ts';
import { etagOf, isSettled, markOf, versionKey, type VersionMark } from './version-mark.ts';

const look = (fd: number): Promise<VersionMark> =>
  new Promise((resolve, reject) => {
    fstat(fd, { bigint: true }, (error, stats) => {
      if (error === null) resolve(markOf(stats));
      else reject(error);
    });
  });

/** Two microseconds, where another thread would take ten times as long to be asked. */
const lookNow = (fd: number): VersionMark => markOf(fstatSync(fd, { bigint: true }));

const readAt = (fd: number, target: Buffer, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, target, 0, target.length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });

export interface OpenVersionOptions {
  /** Name inside the tree, as spelled on disk. */
  readonly name: string;
  readonly handle: FileHandle;
  /** True when the disk of this number is one of this machine. */
  readonly isLocal: (device: bigint) => boolean;
  /** Where pieces of large files are held for all downloads. */
  readonly pieces: HotPieces;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The last user is gone. */
  readonly onClosed: (version: OpenVersion) => void;
}

/** One version of one file on an open descriptor, shared by all who download it and closed with the last of them. */
export class OpenVersion {
  readonly name: string;
  readonly mark: VersionMark;
  readonly etag: string;
  readonly #options: OpenVersionOptions;
  readonly #source: PieceSource;
  #settled = false;
  #users = 0;

  private constructor(options: OpenVersionOptions, mark: VersionMark) {
    this.name = options.name;
    this.mark = mark;
    this.etag = etagOf(mark);
    this.#options = options;
    this.#source = {
      key: versionKey(mark),
      size: Number(mark.size),
      fill: (target, position) => this.#fill(target, position),
    };
  }

  static async on(options: OpenVersionOptions): Promise<OpenVersion> {
    return new OpenVersion(options, await look(options.handle.fd));
  }

  get size(): number {
    return Number(this.mark.size);
  }

  acquire(): void {
    this.#users += 1;
  }

  /**
   * Closes only after the callbacks that are due now: who waited for the same version and has not run yet still gets it.
   */
  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    setImmediate(() => {
      if (this.#users === 0) void this.close();
    });
  }

  async close(): Promise<void> {
    this.#users = -1;
    this.#options.onClosed(this);
    // Nothing was written through it: a failing close loses nothing.
    await this.#options.handle.close().catch(() => undefined);
  }

  /**
   * Read up to `target.length` bytes from `position`.
   * @throws BranchlineError FILE_CHANGED when the file was written in place since it was opened.
   */
  async read(target: Buffer, position: number): Promise<number> {
    const count = await readAt(this.#options.handle.fd, target, position);
    if (count === 0 && target.length > 0 && position < this.size) throw changed(this.name);
    await this.#verify();
    return count;
  }

  /**
   * The piece that `position` lies in, held for all downloads; undefined when there is no room for it, or when a
   * writing of the file might not show yet.
   * @throws BranchlineError FILE_CHANGED, as `read`.
   */
  async piece(position: number): Promise<FoundPiece | undefined> {
    if (!this.#isSettled() || position >= this.size) return undefined;
    const { pieces } = this.#options;
    const index = Math.floor(position / pieces.pieceBytes);
    await pieces.turn();
    const found = pieces.take(this.#source, index);
    if (found === undefined) return undefined;
    if (found instanceof Promise) {
      return { piece: await found, position: index * pieces.pieceBytes };
    }
    try {
      // As with bytes that were read now: whoever changed the file meanwhile, no telephone gets parts of two versions.
      await this.#verify();
      return { piece: found, position: index * pieces.pieceBytes };
    } catch (error) {
      found.release(true);
      throw error;
    }
  }

  /** Have the piece that `position` lies in read, if it is not there. */
  prepare(position: number): void {
    const { pieces } = this.#options;
    const index = Math.floor(position / pieces.pieceBytes);
    if (!this.#isSettled() || pieces.has(this.#source, index)) return;
    const found = pieces.take(this.#source, index);
    if (!(found instanceof Promise)) return;
    // Whoever asks for it hears of a failure.
    found.then(
      (piece) => {
        piece.release(true);
      },
      () => undefined,
    );
  }

  #isSettled(): boolean {
    this.#settled ||= isSettled(this.mark, this.#options.now());
    return this.#settled;
  }

  /** The descriptor stays open until it is done, whoever leaves meanwhile. */
  async #fill(target: Buffer, from: number): Promise<void> {
    this.acquire();
    try {
      for (let filled = 0; filled < target.length;) {
        const count = await readAt(this.#options.handle.fd, target.subarray(filled), from + filled);
        if (count === 0) throw changed(this.name);
        filled += count;
      }
      await this.#verify();
    } finally {
      this.release();
    }
  }

  /** @throws BranchlineError FILE_CHANGED. */
  async #verify(): Promise<void> {
    const { isLocal, handle } = this.#options;
    // What the system knows about a file that was read lately is in memory.
    const now = isLocal(this.mark.dev) ? lookNow(handle.fd) : await look(handle.fd);
    // Not the time of the last status change: being replaced by another file alters that one as well.
    if (now.size !== this.mark.size || now.mtimeNs !== this.mark.mtimeNs) throw changed(this.name);
  }

  /** All bytes, of exactly this version. @throws BranchlineError FILE_CHANGED. */
  async readAll(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(this.size);
    for (let filled = 0; filled < bytes.length;) {
      filled += await this.read(bytes.subarray(filled), filled);
    }
    return bytes;
  }
}

const changed = (name: string): BranchlineError =>
  new BranchlineError(
    'FILE_CHANGED',
    `${name} was written to while a telephone read it: put a new file in its place by renaming instead`,
  );
