import { freeBytes } from '#libs/files';
import type { Clock, Service } from '#libs/lifecycle';

export interface SpaceWaiterOptions {
  /** Folders on the disks that may have been full. */
  readonly folders: readonly string[];
  /** True while work is on: then nothing is known yet. */
  readonly busy: () => boolean;
  /** True when the last work has ended for want of space. */
  readonly waiting: () => boolean;
  /** Try again. */
  readonly resume: () => void;
  readonly clock: Clock;
  /** How often the disks are looked at while waiting, in milliseconds. */
  readonly everyMs: number;
  /** Bytes that are free on the disk of a folder. */
  readonly free?: (folder: string) => Promise<number>;
}

/** More room than this since the last try is worth another. */
const worthBytes = 1024 * 1024;
/** Even without a change: what was too large may have been withdrawn. */
const anywayMs = 10 * 60_000;

/** Goes on by itself once a full disk has room again. */
export class SpaceWaiter implements Service {
  readonly name = 'space waiter';
  readonly #options: SpaceWaiterOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When work was resumed last, and the free space of each folder at that moment. */
  #tried: { readonly free: readonly number[]; readonly at: number } | undefined;

  constructor(options: SpaceWaiterOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      // A disk that cannot even be asked is asked again at the next tick.
      this.look().catch(() => undefined);
    }, this.#options.everyMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.resolve();
  }

  /** One look, as each tick takes it. */
  async look(): Promise<void> {
    const { folders, busy, waiting, resume, clock, free = freeBytes } = this.#options;
    if (busy()) return;
    if (!waiting()) {
      this.#tried = undefined;
      return;
    }
    const now = { free: await Promise.all(folders.map(free)), at: clock.now() };
    const before = this.#tried;
    // Tried once at the first look: the room may have come before it.
    const worth =
      before === undefined ||
      now.at >= before.at + anywayMs ||
      now.free.some((bytes, at) => bytes >= (before.free[at] ?? 0) + worthBytes);
    if (!worth || busy()) return;
    this.#tried = now;
    resume();
  }
}
