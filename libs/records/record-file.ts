import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { asDiskError, fsyncFolder, removeQuietly, writeAll } from '#libs/files';
import { publishFile } from './open-files.ts';

/** A file that records are added to, out of sight of those who read the folder until it is closed. */
export class RecordFile {
  readonly name: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
  readonly #path: string;
  #handle: FileHandle | undefined;
  #size = 0;
  #dirty = false;

  private constructor(file: string, openedAt: number, handle: FileHandle) {
    this.#path = file;
    this.name = path.basename(file);
    this.openedAt = openedAt;
    this.#handle = handle;
  }

  /** @throws BranchlineError DISK_FULL or WRITE_FAILED, and then nothing is left of it. */
  static async create(folder: string, name: string, openedAt: number): Promise<RecordFile> {
    const file = path.join(folder, name);
    try {
      const handle = await open(file, 'wx', 0o640);
      try {
        await fsyncFolder(folder);
      } catch (error) {
        await handle.close();
        await removeQuietly([file]);
        throw error;
      }
      return new RecordFile(file, openedAt, handle);
    } catch (error) {
      throw asDiskError(error, file);
    }
  }

  /** Bytes that a power cut cannot take. */
  get size(): number {
    return this.#size;
  }

  /** After return the bytes are safe. @throws BranchlineError DISK_FULL or WRITE_FAILED; then none of them counts. */
  async append(bytes: Buffer): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) throw new Error(`${this.name} is closed`);
    try {
      await this.#clean(handle);
      this.#dirty = true;
      await writeAll(handle, bytes, this.#size);
      await handle.datasync();
      this.#dirty = false;
      this.#size += bytes.length;
    } catch (error) {
      throw asDiskError(error, this.#path);
    }
  }

  /**
   * Close it and give it its name in `folder`; may be tried again. Returns the name.
   * @throws BranchlineError DISK_FULL or WRITE_FAILED.
   */
  async publish(folder: string): Promise<string> {
    try {
      if (this.#handle !== undefined) {
        await this.#clean(this.#handle);
        await this.#handle.close();
        this.#handle = undefined;
      }
      return await publishFile(this.#path, folder);
    } catch (error) {
      throw asDiskError(error, this.#path);
    }
  }

  /** Give the file up where it is: the next start finds it. */
  async abandon(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** What a failed write has left behind what counts would be taken for records. */
  async #clean(handle: FileHandle): Promise<void> {
    if (!this.#dirty) return;
    await handle.truncate(this.#size);
    await handle.datasync();
    this.#dirty = false;
  }
}
