import { watch, type FSWatcher } from 'node:fs';
import { mkdir } from 'node:fs/promises';

/** Where in a flow a fault may strike. */
export const phases = [
  'start',
  'save',
  'offer',
  'body',
  'rename',
  'commit',
  'acknowledge',
  'deliver',
  'restore',
  'any',
] as const;
export type Phase = (typeof phases)[number];

/** What happens now, seen from outside: by the log, by the folders, by the lines. Faults are aimed by it. */
export class Moments {
  readonly #waiting = new Map<Phase, Set<(who: string) => void>>();
  readonly #watchers: FSWatcher[] = [];

  /** Somebody is at this point of a flow, at this very moment. */
  tell(phase: Phase, who: string): void {
    for (const waiter of this.#waiting.get(phase) ?? []) waiter(who);
  }

  /** Something appears or changes in a folder: that is a moment. The folder is made when it is not there. */
  async watch(folder: string, phase: Phase, who: string, wanted = /./): Promise<void> {
    await mkdir(folder, { recursive: true });
    const watcher = watch(folder, (_, file) => {
      if (file !== null && wanted.test(file)) this.tell(phase, who);
    });
    watcher.on('error', () => {
      watcher.close();
    });
    this.#watchers.push(watcher);
  }

  /** Calls `strike` in the very turn in which the moment comes; false when it did not come within the time. */
  async at(
    phase: Phase,
    limitMs: number,
    wanted: (who: string) => boolean,
    strike: (who: string) => void,
  ): Promise<boolean> {
    const came = Promise.withResolvers<boolean>();
    const waiters = this.#waiting.get(phase) ?? new Set();
    this.#waiting.set(phase, waiters);
    const waiter = (who: string): void => {
      if (!wanted(who)) return;
      waiters.delete(waiter);
      strike(who);
      came.resolve(true);
    };
    waiters.add(waiter);
    const late = setTimeout(() => {
      came.resolve(false);
    }, limitMs);
    try {
      return await came.promise;
    } finally {
      clearTimeout(late);
      waiters.delete(waiter);
    }
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}
