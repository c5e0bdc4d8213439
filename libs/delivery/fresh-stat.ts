import { stat, statSync, type BigIntStats } from 'node:fs';
import { systemCode } from '#libs/errors';
import { FreshRuns } from '#libs/lifecycle';
import { HotPaths } from './hot-paths.ts';

/** Absent, or in the way of a look that a stranger's name asked for. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

type Found = BigIntStats | undefined;

interface Asking {
  readonly resolve: (found: Found) => void;
  readonly reject: (error: Error) => void;
}

/** `stat` that many requests for one path share, none of them an older look than its own request. */
export class FreshStat {
  readonly #runs = new FreshRuns<Found>();
  readonly #hot = new HotPaths();
  /** Looks at the end of this turn of the event loop: everybody who asks in this turn shares them. */
  #soon = new Map<string, Asking[]>();

  /** The file or folder at `path`, or undefined when there is none that we may see. */
  at(path: string): Promise<Found> {
    if (this.#hot.has(path)) {
      return new Promise((resolve, reject) => {
        this.#atEndOfTurn(path, { resolve, reject });
      });
    }
    return this.#runs.of(path, async () => {
      const found = await look(path);
      this.#hot.seen(path, found);
      return found;
    });
  }

  /** True for a disk of this machine: its answers about an open file come out of memory. */
  isLocal(device: bigint, path: string): boolean {
    return this.#hot.isLocal(device, path);
  }

  /**
   * Without a promise, at the end of this turn of the event loop, where a look costs next to nothing; `then` gets what
   * is there, or undefined. False where it does not: then nobody calls `then`.
   */
  soon(path: string, then: (found: Found) => void): boolean {
    if (!this.#hot.has(path)) return false;
    const nothing = (): void => {
      then(undefined);
    };
    this.#atEndOfTurn(path, { resolve: then, reject: nothing });
    return true;
  }

  #atEndOfTurn(path: string, asking: Asking): void {
    const known = this.#soon.get(path);
    if (known !== undefined) {
      known.push(asking);
      return;
    }
    if (this.#soon.size === 0) {
      setImmediate(() => {
        this.#lookAtAll();
      });
    }
    this.#soon.set(path, [asking]);
  }

  #lookAtAll(): void {
    const soon = this.#soon;
    this.#soon = new Map();
    for (const [path, all] of soon) {
      try {
        const found = this.#hot.timed(path, () => lookNow(path));
        for (const { resolve } of all) resolve(found);
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        for (const { reject } of all) reject(failure);
      }
    }
  }
}

function look(path: string): Promise<Found> {
  return new Promise((resolve, reject) => {
    stat(path, { bigint: true }, (error, stats) => {
      if (error === null) resolve(stats);
      else if (absent.has(systemCode(error) ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}

function lookNow(path: string): Found {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (absent.has(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
