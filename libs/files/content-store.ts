import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { ifThere } from './if-there.ts';
import { copyInto, type CopyOptions } from './copy-into.ts';
import { fsyncFolder, makeFolder, renameDurably } from './durable-folder.ts';
import { asDiskError } from './disk-error.ts';
import type { Digest } from './hash-file.ts';
import { partialBeside } from './partial-name.ts';
import { removeQuietly } from './remove-quietly.ts';

export interface Stored extends Digest {
  /** False when the same content was there already. */
  readonly stored: boolean;
}

const SHA256 = /^[0-9a-f]{64}$/;
const SHARD = /^[0-9a-f]{2}$/;

/**
 * Files by their content: `ROOT/ab/cd/abcd…`, each name the SHA-256 of its bytes. What is in it is whole and on the
 * disk, as names appear only by a rename after fsync. One process owns a store; call `prepare` before all else.
 */
export class ContentStore {
  readonly #root: string;
  readonly #incoming: string;

  constructor(root: string) {
    this.#root = path.resolve(root);
    this.#incoming = path.join(this.#root, 'incoming');
  }

  /** Make the folders, and sweep what an earlier process left half-copied. */
  async prepare(): Promise<void> {
    await makeFolder(this.#incoming);
    for (const name of await readdir(this.#incoming)) {
      await rm(path.join(this.#incoming, name), { recursive: true, force: true });
    }
  }

  /**
   * Copy a file in, hashing it on the way.
   * @throws BranchlineError FILE_CHANGED when the source was edited meanwhile (try again later), DISK_FULL, WRITE_FAILED.
   */
  async put(source: string, options: CopyOptions = {}): Promise<Stored> {
    const temporary = partialBeside(path.join(this.#incoming, path.basename(source)));
    const digest = await copyInto(source, [temporary], options);
    try {
      return await this.#settle(temporary, digest);
    } catch (error) {
      await removeQuietly([temporary]);
      throw error;
    }
  }

  /**
   * Take over a file on the same disk whose SHA-256 the caller has verified; `file` is gone afterwards.
   * @throws BranchlineError DISK_FULL or WRITE_FAILED; then `file` is untouched.
   */
  async adopt(file: string, sha256: string): Promise<Stored> {
    this.pathOf(sha256);
    try {
      const handle = await open(file, 'r+');
      try {
        await handle.sync();
        const { size } = await handle.stat();
        return await this.#settle(file, { sha256, size });
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw asDiskError(error, file);
    }
  }

  async #settle(temporary: string, digest: Digest): Promise<Stored> {
    const target = this.pathOf(digest.sha256);
    if ((await this.size(digest.sha256)) === digest.size) {
      await rm(temporary, { force: true });
      // The rename before ours may be seen by us and not yet by the disk.
      await fsyncFolder(path.dirname(target));
      return { ...digest, stored: false };
    }
    await makeFolder(path.dirname(target));
    await renameDurably(temporary, target);
    return { ...digest, stored: true };
  }

  /** Open for reading, or undefined when it is not here. The caller closes it. */
  async open(sha256: string): Promise<FileHandle | undefined> {
    return await ifThere(open(this.pathOf(sha256), 'r'));
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.size(sha256)) !== undefined;
  }

  /** Bytes, or undefined when it is not here. */
  async size(sha256: string): Promise<number | undefined> {
    return (await ifThere(stat(this.pathOf(sha256))))?.size;
  }

  /** Where the content is, or would be. @throws BranchlineError NAME_MALFORMED when it is no SHA-256. */
  pathOf(sha256: string): string {
    if (!SHA256.test(sha256)) {
      throw new BranchlineError(
        'NAME_MALFORMED',
        `${JSON.stringify(sha256.slice(0, 80))} is not a SHA-256 in lower-case hexadecimal`,
      );
    }
    return path.join(this.#root, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  /** Forget a content; one that is not here is no fault. Open handles keep reading it. */
  async remove(sha256: string): Promise<void> {
    await rm(this.pathOf(sha256), { force: true });
  }

  /** Every content's SHA-256, in order. */
  async *sha256s(): AsyncGenerator<string, void, undefined> {
    for (const first of await namesIn(this.#root, SHARD)) {
      for (const second of await namesIn(path.join(this.#root, first), SHARD)) {
        yield* await namesIn(path.join(this.#root, first, second), SHA256);
      }
    }
  }
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder)).filter((name) => pattern.test(name)).sort();
}
