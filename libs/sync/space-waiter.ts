import { freeBytes } from '#libs/files';
import type { Clock, Service } from '#libs/lifecycle';

export interface SpaceWaiterOptions {
  /** A folder on the disk that was full. */
  readonly folder: string;
  readonly waiting: () => boolean;
  /** Try again. */
  readonly resume: () => void;
  readonly clock: Clock;
  /** How often the disk is looked at while waiting, in milliseconds. */
  readonly everyMs: number;
}

/** More room than this since the disk was full is worth a try. */
const worthBytes = 1024 * 1024;
/** Even without a change: what was too large may have been withdrawn. */
const anywayMs = 10 * 60_000;

/** Goes on by itself once a full disk has room again. */
export class SpaceWaiter implements Service {
  readonly name = 'space waiter';
  readonly #options: SpaceWaiterOptions;
  #timer: NodeJS.Timeout | undefined;
  #full: { free: number; at: number } | undefined;

  constructor(options: SpaceWaiterOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      // A disk that cannot even be asked is asked again at the next tick.
      this.#look().catch(() => undefined);
    }, this.#options.everyMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.resolve();
  }

  async #look(): Promise<void> {
    const { folder, waiting, resume, clock } = this.#options;
    if (!waiting()) {
      this.#full = undefined;
      return;
    }
    const free = await freeBytes(folder);
    this.#full ??= { free, at: clock.now() };
    if (free < this.#full.free + worthBytes && clock.now() < this.#full.at + anywayMs) return;
    this.#full = { free, at: clock.now() };
    resume();
  }
}
