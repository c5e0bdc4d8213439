import { fstat, fstatSync, read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';
import { etagOf, markOf, type VersionMark } from './version-mark.ts';

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
  /** The last user is gone. */
  readonly onClosed: (version: OpenVersion) => void;
}

/** One version of one file on an open descriptor, shared by all who download it and closed with the last of them. */
export class OpenVersion {
  readonly name: string;
  readonly mark: VersionMark;
  readonly etag: string;
  readonly #handle: FileHandle;
  readonly #isLocal: (device: bigint) => boolean;
  readonly #onClosed: (version: OpenVersion) => void;
  #users = 0;

  private constructor(options: OpenVersionOptions, mark: VersionMark) {
    this.name = options.name;
    this.mark = mark;
    this.etag = etagOf(mark);
    this.#handle = options.handle;
    this.#isLocal = options.isLocal;
    this.#onClosed = options.onClosed;
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
    this.#onClosed(this);
    // Nothing was written through it: a failing close loses nothing.
    await this.#handle.close().catch(() => undefined);
  }

  /**
   * Read up to `target.length` bytes from `position`.
   * @throws BranchlineError FILE_CHANGED when the file was written in place since it was opened.
   */
  async read(target: Buffer, position: number): Promise<number> {
    const { fd } = this.#handle;
    const count = await readAt(fd, target, position);
    // It was read just now: what the system knows about it is in memory.
    const now = this.#isLocal(this.mark.dev) ? lookNow(fd) : await look(fd);
    // Not the time of the last status change: being replaced by another file alters that one as well.
    const short = count === 0 && target.length > 0 && position < this.size;
    if (short || now.size !== this.mark.size || now.mtimeNs !== this.mark.mtimeNs) {
      throw new BranchlineError(
        'FILE_CHANGED',
        `${this.name} was written to while a telephone read it: put a new file in its place by renaming instead`,
      );
    }
    return count;
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
