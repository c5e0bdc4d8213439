import { once } from 'node:events';

/** How a program of ours is asked for something. */
export interface ProgramSignals {
  /** To end, with everything that it has begun. */
  readonly stop: readonly NodeJS.Signals[];
  /** To read its certificates and open its log file again. */
  readonly reload: 'SIGHUP' | undefined;
}

/**
 * Windows has no SIGTERM that a program could hear: its services and consoles send Ctrl+C (SIGINT) and Ctrl+Break, and SIGHUP
 * says that the console is being closed (Node, "Signal events").
 */
export const signalsOf = (platform: NodeJS.Platform = process.platform): ProgramSignals =>
  platform === 'win32'
    ? { stop: ['SIGINT', 'SIGBREAK', 'SIGHUP'], reload: undefined }
    : { stop: ['SIGTERM', 'SIGINT'], reload: 'SIGHUP' };

/**
 * The wish that this program ends: by a signal, or by the end of the channel to the program that has started it (`stopsWithChannel`
 * of SupervisedProcess), which is heard on Windows too and also when that program was killed.
 */
export class StopRequest {
  /** Fulfilled when somebody asks; never when it is disposed of before. */
  readonly asked: Promise<void>;
  readonly #disposed = new AbortController();

  constructor(platform: NodeJS.Platform = process.platform) {
    const { signal } = this.#disposed;
    const heard = signalsOf(platform).stop.map((name) => once(process, name, { signal }));
    if (process.channel !== undefined) heard.push(once(process, 'disconnect', { signal }));
    this.asked = new Promise((resolve) => {
      Promise.race(heard).then(
        () => {
          resolve();
        },
        () => undefined,
      );
    });
  }

  dispose(): void {
    this.#disposed.abort();
  }
}
