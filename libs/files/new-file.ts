import { closeSync, constants, fdatasync, fstatSync, open, writev } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const sync = promisify(fdatasync);
const { O_WRONLY, O_CREAT, O_EXCL } = constants;
/** Windows has no such flag. */
const syncedWrites = (constants as Partial<typeof constants>).O_DSYNC ?? 0;

/**
 * A file that is written from its beginning, once. By its number instead of a FileHandle, and closed in place: for small files
 * the handle and its trips to the thread pool cost more than the disk.
 */
export class NewFile {
  readonly #descriptor: number;
  readonly #synced: boolean;
  #size = 0;

  private constructor(descriptor: number, synced: boolean) {
    this.#descriptor = descriptor;
    this.#synced = synced;
  }

  /** With `synced` each append is on the disk when it returns. @throws an error of the system; EEXIST when it is there. */
  static async create(path: string, synced: boolean): Promise<NewFile> {
    const flags = O_WRONLY | O_CREAT | O_EXCL | (synced ? syncedWrites : 0);
    return new NewFile(await openFile(path, flags, 0o640), synced && syncedWrites !== 0);
  }

  /** As the disk has it now; the time in Unix milliseconds. */
  look(): { readonly inode: number; readonly modifiedMs: number } {
    const { ino, mtimeMs } = fstatSync(this.#descriptor);
    return { inode: ino, modifiedMs: mtimeMs };
  }

  async append(buffers: readonly Buffer[]): Promise<void> {
    let rest = buffers.filter(({ length }) => length > 0);
    while (rest.length > 0) {
      const written = await this.#writev(rest);
      this.#size += written;
      rest = after(rest, written);
    }
  }

  /** What was appended survives a power cut; its name may not. */
  async sync(): Promise<void> {
    if (!this.#synced || this.#size === 0) await sync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #writev(buffers: readonly Buffer[]): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#descriptor, buffers, this.#size, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }
}

/** What is left of `buffers` after so many bytes. */
function after(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  return buffers.flatMap((buffer) => {
    const taken = Math.min(skip, buffer.length);
    skip -= taken;
    return taken === buffer.length ? [] : [buffer.subarray(taken)];
  });
}
