import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { asDiskError, writeAllSync } from '#libs/files';

/**
 * One new file being written by the unpacking thread. Synchronous on purpose: a slow disk then holds this thread and
 * none of the few that Node shares among all, which the telephones' downloads need.
 */
export class NewFile {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = guarded(path, () => openSync(path, 'wx'));
  }

  /** Write all of `bytes` at `position`; a short write is continued, not believed. */
  write(bytes: Buffer, position: number): void {
    guarded(this.#path, () => {
      writeAllSync(this.#descriptor, bytes, position);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Bytes and length of a file written before are on the disk afterwards. */
export async function syncFile(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asDiskError(error, path);
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDiskError(error, path);
  }
}
