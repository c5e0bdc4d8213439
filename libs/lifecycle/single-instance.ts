import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { BranchlineError, systemCode } from '#libs/errors';
import type { Service } from './service.ts';

const answerMs = 1_000;
const maxDigits = 10;

/**
 * Holds a state folder for one process. The lock is a socket name of the kernel's, so it is gone with the
 * process however that ends: no stale lock file, no process id that meanwhile is somebody else's.
 */
export class SingleInstance implements Service {
  readonly name = 'single instance';
  readonly #folder: string;
  readonly #purpose: string;
  #lock: Server | undefined;

  /** A folder may be held for several purposes, each by one process. */
  constructor(folder: string, purpose = '') {
    this.#folder = folder;
    this.#purpose = purpose;
  }

  /** @throws BranchlineError ALREADY_RUNNING. */
  async start(): Promise<void> {
    const lock = createServer((socket) => {
      socket.on('error', () => undefined).end(String(process.pid));
    });
    const name = lockName(await realpath(this.#folder), this.#purpose);
    try {
      await new Promise<void>((resolve, reject) => {
        lock.once('error', reject).listen(name, resolve);
      });
    } catch (error) {
      if (systemCode(error) !== 'EADDRINUSE') throw error;
      throw new BranchlineError(
        'ALREADY_RUNNING',
        this.#purpose === ''
          ? `another Branchline server holds ${this.#folder}; stop it first, or give this one a StateDir of its own`
          : `another program holds ${this.#folder} (${this.#purpose}); try again when it is done`,
        { cause: error },
      );
    }
    lock.unref();
    this.#lock = lock;
  }

  /** Process id of whoever holds the folder, or undefined when nobody does. */
  static async holderOf(folder: string): Promise<number | undefined> {
    try {
      return await askHolder(lockName(await realpath(folder), ''));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#lock === undefined) resolve();
      else
        this.#lock.close(() => {
          resolve();
        });
    });
  }
}

/** Tells its process id to whoever connects. */
async function askHolder(name: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let said = '';
  const socket = connect(name)
    .setEncoding('utf8')
    .setTimeout(answerMs, () => socket.destroy())
    .on('data', (text: string) => {
      said += text;
      if (said.length > maxDigits) socket.destroy();
    })
    .on('error', () => undefined)
    .on('close', () => {
      resolve(/^\d{1,10}$/.test(said) ? Number(said) : undefined);
    });
  return promise;
}

/** The name of the kernel's that is held for `folder`. */
export function lockName(
  folder: string,
  purpose: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const held = purpose === '' ? folder : `${folder}\0${purpose}`;
  const hash = createHash('sha256').update(held).digest('hex').slice(0, 32);
  // Linux: the abstract namespace (unix(7)); Windows: a named pipe. Both vanish with the process.
  return platform === 'win32' ? `\\\\.\\pipe\\branchline-${hash}` : `\0branchline-${hash}`;
}
