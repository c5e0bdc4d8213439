import { stat, statSync, type BigIntStats } from 'node:fs';
import { systemCode } from '#libs/errors';
import { FreshRuns } from '#libs/lifecycle';
import { HotPaths } from './hot-paths.ts';

/** Absent, or in the way of a look that a stranger's name asked for. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

type Found = BigIntStats | undefined;

/** `stat` that many requests for one path share, none of them an older look than its own request. */
export class FreshStat {
  readonly #runs = new FreshRuns<Found>();
  readonly #hot = new HotPaths();
  /** Looks at the end of this turn of the event loop: everybody who asks in this turn shares them. */
  #soon = new Map<string, PromiseWithResolvers<Found>>();

  /** The file or folder at `path`, or undefined when there is none that we may see. */
  at(path: string): Promise<Found> {
    if (this.#hot.has(path)) return this.#atEndOfTurn(path);
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

  #atEndOfTurn(path: string): Promise<Found> {
    const known = this.#soon.get(path);
    if (known !== undefined) return known.promise;
    if (this.#soon.size === 0) {
      setImmediate(() => {
        this.#lookAtAll();
      });
    }
    const answer = Promise.withResolvers<Found>();
    this.#soon.set(path, answer);
    return answer.promise;
  }

  #lookAtAll(): void {
    const soon = this.#soon;
    this.#soon = new Map();
    for (const [path, { resolve, reject }] of soon) {
      try {
        resolve(this.#hot.timed(path, () => lookNow(path)));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
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
