import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';
import { asDiskError, removeQuietly, writeAll, type Digest } from '#libs/files';
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
): Promise<Digest> {
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
  #written = 0;
  #size = 0;
  #handle: FileHandle | undefined;

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
      this.#handle === undefined && this.#size <= collectBytes && budget.take(chunk.length);
    if (collect) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      return;
    }
    await this.#flush();
    await this.#write([chunk], chunk.length);
  }

  async end(): Promise<Digest> {
    const { name, bytes } = this.#options;
    if (bytes !== undefined && this.#size < bytes) throw otherLength(name, bytes, 'fewer');
    await this.#flush();
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.datasync();
    } catch (error) {
      throw asDiskError(error, this.#path);
    } finally {
      await handle?.close();
    }
    return { sha256: this.#hash.digest('hex'), size: this.#size };
  }

  async discard(): Promise<void> {
    this.#release();
    await this.#handle?.close().catch(() => undefined);
    await removeQuietly([this.#path]);
  }

  async #flush(): Promise<void> {
    const buffers = this.#waiting;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    try {
      // Also for an empty body: it is a file as well.
      if (this.#handle === undefined || bytes > 0) await this.#write(buffers, bytes);
    } finally {
      this.#release();
    }
  }

  #release(): void {
    this.#options.budget.give(this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#waiting = [];
  }

  async #write(buffers: readonly Buffer[], bytes: number): Promise<void> {
    try {
      const handle = (this.#handle ??= await open(this.#path, 'wx', 0o640));
      if (bytes === 0) return;
      const { bytesWritten } = await handle.writev(buffers, this.#written);
      if (bytesWritten < bytes) {
        const rest = Buffer.concat(buffers).subarray(bytesWritten);
        await writeAll(handle, rest, this.#written + bytesWritten);
      }
      this.#written += bytes;
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
