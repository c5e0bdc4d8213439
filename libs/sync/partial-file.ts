import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '#libs/files';
import { WritingThread } from './writing-thread.ts';

/** Bytes gathered before one write: fewer writes are faster, but a kill loses what is gathered. */
const pieceBytes = 128 * 1024;

/** One is filled while the others are hashed and written: half a MiB in all. */
const pieces = 4;

/**
 * A file that is on its way in, hashed and written by a thread of its own. What an earlier process left is hashed once
 * and kept: no download starts again from zero.
 */
export class PartialFile {
  readonly path: string;
  readonly #writer: WritingThread;
  readonly #ring: Buffer;
  /** The last write of each piece: a piece is filled again only when that is over. */
  #writes = idle();
  #piece = 0;
  #filled = 0;
  /** Bytes received. */
  #size: number;
  /** True when an earlier process wrote a part of it: then a wrong digest may be the power cut's fault. */
  readonly resumed: boolean;

  private constructor(file: string, writer: WritingThread, ring: SharedArrayBuffer, size: number) {
    this.path = file;
    this.#writer = writer;
    this.#ring = Buffer.from(ring);
    this.#size = size;
    this.resumed = size > 0;
  }

  /** Open what is there, up to `maxSize` bytes, or begin. @throws BranchlineError DISK_FULL or WRITE_FAILED. */
  static async open(file: string, maxSize: number): Promise<PartialFile> {
    await makeFolder(path.dirname(file));
    const ring = new SharedArrayBuffer(pieces * pieceBytes);
    const writer = new WritingThread({ path: file, maxSize, ring });
    try {
      const { size } = await writer.next('opened');
      return new PartialFile(file, writer, ring, size);
    } catch (error) {
      await writer.end();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** The bytes may be used again when it resolves. @throws BranchlineError DISK_FULL or WRITE_FAILED of this or an earlier piece. */
  async append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      if (this.#filled === 0) await this.#writes[this.#piece];
      const start = this.#piece * pieceBytes;
      const room = this.#ring.subarray(start + this.#filled, start + pieceBytes);
      const taken = bytes.copy(room, 0, done);
      done += taken;
      this.#size += taken;
      this.#filled += taken;
      if (this.#filled === pieceBytes) this.#write();
    }
  }

  /** Everything received so far is handed to the disk; a crash of this process cannot lose it. */
  async flush(): Promise<void> {
    if (this.#filled > 0) this.#write();
    await Promise.all(this.#writes);
  }

  /** SHA-256 of all bytes, in hex; on the disk (fsync) when it returns. */
  async finish(): Promise<string> {
    await this.flush();
    return (await this.#writer.ask({ kind: 'sync' }, 'synced')).sha256;
  }

  /** Forget all bytes: they were wrong. */
  async restart(): Promise<void> {
    await this.#writer.ask({ kind: 'restart' }, 'restarted');
    this.#size = 0;
    this.#filled = 0;
    this.#writes = idle();
  }

  /** Keep it for the next time. */
  async close(): Promise<void> {
    try {
      await this.flush();
      await this.#writer.ask({ kind: 'close' }, 'closed');
    } finally {
      await this.#writer.end();
    }
  }

  /** Close and remove it. */
  async discard(): Promise<void> {
    await this.#writer.end();
    await rm(this.path, { force: true });
  }

  #write(): void {
    const offset = this.#piece * pieceBytes;
    const order = { kind: 'write', offset, length: this.#filled } as const;
    const written = this.#writer.ask(order, 'written');
    // A failure is raised when the piece is needed again; until then it must not count as unhandled.
    written.catch(() => undefined);
    this.#writes[this.#piece] = written;
    this.#piece = (this.#piece + 1) % pieces;
    this.#filled = 0;
  }
}

const idle = (): Promise<unknown>[] => Array.from({ length: pieces }, () => Promise.resolve());
