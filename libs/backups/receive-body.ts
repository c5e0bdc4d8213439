import { createHash } from 'node:crypto';
import { BranchlineError } from '#libs/errors';
import { asDiskError, NewFile, removeQuietly, type Digest } from '#libs/files';
import type { CollectBudget } from './collect-budget.ts';

/** What comes from a telephone: its bytes in order, then the end; a cut connection is an error. */
export type Body = AsyncIterable<Buffer>;

export interface ReceiveOptions {
  /** For messages. */
  readonly name: string;
  /** Announced length in bytes. */
  readonly bytes?: number | undefined;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly budget: CollectBudget;
}

export interface ReceivedBody extends Digest {
  /** Of the new file. */
  readonly inode: number;
  /** Of the new file, in Unix milliseconds. */
  readonly modifiedMs: number;
}

/** Up to here a body waits in memory and is written at one stroke; what is longer goes to the disk as it comes. */
const collectBytes = 1024 * 1024;

/**
 * Write a body to the new file `path`, to its end. On return its bytes are on the disk; making its name durable is
 * the caller's. On failure nothing is left.
 * @throws BranchlineError FILE_TOO_LARGE, LENGTH_MISMATCH, DISK_FULL or WRITE_FAILED, the abort's reason, or what `body`
 * throws.
 */
export async function receiveBody(
  body: Body,
  path: string,
  options: ReceiveOptions,
): Promise<ReceivedBody> {
  const incoming = new Incoming(path, options);
  try {
    for await (const chunk of abortable(body, options.signal)) await incoming.take(chunk);
    return await incoming.end();
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** Stops waiting for the next bytes when the signal says so. */
async function* abortable(body: Body, signal?: AbortSignal): Body {
  if (signal === undefined) {
    yield* body;
    return;
  }
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a body that is stuck does not end by being asked to.
    iterator.return?.().catch(() => undefined);
  }
}

class Incoming {
  readonly #path: string;
  readonly #options: ReceiveOptions;
  readonly #hash = createHash('sha256');
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #size = 0;
  #file: NewFile | undefined;

  constructor(path: string, options: ReceiveOptions) {
    this.#path = path;
    this.#options = options;
  }

  async take(chunk: Buffer): Promise<void> {
    const { name, bytes, maxBytes, budget } = this.#options;
    this.#size += chunk.length;
    if (this.#size > maxBytes) throw tooLarge(name, maxBytes);
    if (bytes !== undefined && this.#size > bytes) throw otherLength(name, bytes, 'more');
    this.#hash.update(chunk);
    const collect =
      this.#file === undefined && this.#size <= collectBytes && budget.take(chunk.length);
    if (collect) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      return;
    }
    await this.#flush(false);
    await this.#write([chunk]);
  }

  async end(): Promise<ReceivedBody> {
    const { name, bytes } = this.#options;
    if (bytes !== undefined && this.#size < bytes) throw otherLength(name, bytes, 'fewer');
    // All of it at one stroke: then writing and syncing are one call.
    const file = await this.#flush(this.#file === undefined);
    const made = await this.#disk(async () => {
      await file.sync();
      const stats = file.look();
      this.#close();
      return stats;
    });
    return { sha256: this.#hash.digest('hex'), size: this.#size, ...made };
  }

  async discard(): Promise<void> {
    this.#release();
    try {
      this.#close();
    } catch {
      // Why the save failed is known already.
    }
    await removeQuietly([this.#path]);
  }

  async #flush(last: boolean): Promise<NewFile> {
    const buffers = this.#waiting;
    this.#waiting = [];
    try {
      // Also for an empty body: it is a file as well.
      return await this.#write(buffers, last);
    } finally {
      this.#release();
    }
  }

  #release(): void {
    this.#options.budget.give(this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#waiting = [];
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  async #write(buffers: readonly Buffer[], last = false): Promise<NewFile> {
    return await this.#disk(async () => {
      const file = (this.#file ??= await NewFile.create(this.#path, last));
      await file.append(buffers);
      return file;
    });
  }

  async #disk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asDiskError(error, this.#path);
    }
  }
}

export function tooLarge(name: string, maxBytes: number): BranchlineError {
  return new BranchlineError(
    'FILE_TOO_LARGE',
    `${JSON.stringify(name)} is refused: more than the ${maxBytes} bytes that one file may have here`,
  );
}

function otherLength(name: string, bytes: number, how: 'more' | 'fewer'): BranchlineError {
  return new BranchlineError(
    'LENGTH_MISMATCH',
    `${JSON.stringify(name)} is refused: ${bytes} bytes were announced and ${how} came`,
  );
}
