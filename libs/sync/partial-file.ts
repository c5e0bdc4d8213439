import { createHash, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { asDiskError, makeFolder, writeAll } from '#libs/files';

/** Bytes gathered before one write: fewer writes are faster, but a kill loses what is gathered. */
const pieceBytes = 256 * 1024;

/**
 * A file that is on its way in, hashed while it is written. What an earlier process left is hashed once
 * and kept: no download starts again from zero.
 */
export class PartialFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  /** Bytes received and hashed. */
  #size: number;
  /** True when an earlier process wrote a part of it: then a wrong digest may be the power cut's fault. */
  readonly resumed: boolean;
  #piece: Buffer = Buffer.allocUnsafe(pieceBytes);
  #spare: Buffer = Buffer.allocUnsafe(pieceBytes);
  #filled = 0;
  /** Bytes handed to the disk. */
  #written: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, handle: FileHandle, hash: Hash, size: number) {
    this.path = file;
    this.#handle = handle;
    this.#hash = hash;
    this.#size = size;
    this.#written = size;
    this.resumed = size > 0;
  }

  /** Open what is there, up to `maxSize` bytes, or begin. */
  static async open(file: string, maxSize: number): Promise<PartialFile> {
    await makeFolder(path.dirname(file));
    try {
      const handle = await open(file, 'a+').then(async (made) => {
        await made.close();
        return await open(file, 'r+');
      });
      const { size } = await handle.stat();
      if (size > maxSize) {
        await handle.truncate(0);
        return new PartialFile(file, handle, createHash('sha256'), 0);
      }
      return new PartialFile(file, handle, await hashHandle(handle, size), size);
    } catch (error) {
      throw asDiskError(error, file);
    }
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    for (let done = 0; done < bytes.length;) {
      const taken = bytes.copy(this.#piece, this.#filled, done);
      done += taken;
      this.#filled += taken;
      if (this.#filled === pieceBytes) await this.#writePiece();
    }
  }

  /** Everything received so far is handed to the disk; a crash of this process cannot lose it. */
  async flush(): Promise<void> {
    if (this.#filled > 0) await this.#writePiece();
    await this.#wait();
  }

  /** SHA-256 of all bytes, in hex; on the disk (fsync) when it returns. */
  async finish(): Promise<string> {
    await this.flush();
    try {
      await this.#handle.sync();
    } catch (error) {
      throw asDiskError(error, this.path);
    }
    return this.#hash.copy().digest('hex');
  }

  /** Forget all bytes: they were wrong. */
  async restart(): Promise<void> {
    await this.#wait();
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
    this.#written = 0;
    this.#filled = 0;
  }

  /** Keep it for the next time. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  /** Close and remove it. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#handle.close();
    await rm(this.path, { force: true });
  }

  async #writePiece(): Promise<void> {
    await this.#wait();
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#writing = writeAll(this.#handle, bytes, this.#written);
    // A failure is raised by the next wait; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
    this.#written += bytes.length;
    [this.#piece, this.#spare] = [this.#spare, this.#piece];
    this.#filled = 0;
  }

  async #wait(): Promise<void> {
    try {
      await this.#writing;
    } catch (error) {
      throw asDiskError(error, this.path);
    }
  }
}

/** Hash the first `size` bytes of an open file. */
async function hashHandle(handle: FileHandle, size: number): Promise<Hash> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (let position = 0; position < size;) {
    const { bytesRead } = await handle.read(
      piece,
      0,
      Math.min(pieceBytes, size - position),
      position,
    );
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash;
}
