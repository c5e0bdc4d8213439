import { stat, type BigIntStats } from 'node:fs';
import { systemCode } from '#libs/errors';
import { FreshRuns } from '#libs/lifecycle';

/** Absent, or in the way of a look that a stranger's name asked for. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

/** `stat` that many requests for one path share, none of them an older look than its own request. */
export class FreshStat {
  readonly #runs = new FreshRuns<BigIntStats | undefined>();

  /** The file or folder at `path`, or undefined when there is none that we may see. */
  at(path: string): Promise<BigIntStats | undefined> {
    return this.#runs.of(path, () => look(path));
  }
}

function look(path: string): Promise<BigIntStats | undefined> {
  return new Promise((resolve, reject) => {
    stat(path, { bigint: true }, (error, stats) => {
      if (error === null) resolve(stats);
      else if (absent.has(systemCode(error) ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}
