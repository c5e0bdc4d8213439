import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

export type DiskLevel = 'ok' | 'low' | 'alarm';

/** The disk of one folder. Sizes in bytes. */
export interface DiskState {
  readonly folder: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly level: DiskLevel;
}

export interface DiskWatchOptions {
  readonly folders: readonly string[];
  /** Percent in use from which a disk is low, and from which it is an alarm. */
  readonly lowPercent: number;
  readonly alarmPercent: number;
  /** Bytes that intake leaves free: both levels are reached before it refuses. */
  readonly reserveBytes: number;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
  readonly log: Logger;
  /** Once for each step up. */
  readonly onLow: (disk: DiskState, usedPercent: number) => void;
}

/** A level is left only so many points of the disk below where it began: a disk at the edge raises no alarm each minute. */
const hysteresisPercent = 2;

const rank: Readonly<Record<DiskLevel, number>> = { ok: 0, low: 1, alarm: 2 };

/** Looks at the disks of all folders, one alarm for each disk and step, long before anything is refused for want of room. */
export class DiskWatch implements Service {
  readonly name = 'disk watch';
  readonly #options: DiskWatchOptions;
  readonly #levels = new Map<number, DiskLevel>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const look = (): void => {
      this.look().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'a disk cannot be looked at');
      });
    };
    look();
    this.#timer = setInterval(look, this.#options.everyMs);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.resolve();
  }

  /** All folders as they are now; what has become worse is told. */
  async look(): Promise<DiskState[]> {
    const { folders } = this.#options;
    const seen = new Map<number, DiskLevel>();
    const states: DiskState[] = [];
    for (const folder of folders) {
      const at = await nearest(folder);
      const [{ dev }, disk] = await Promise.all([stat(at), statfs(at)]);
      const freeBytes = disk.bavail * disk.bsize;
      const totalBytes = disk.blocks * disk.bsize;
      const used = (disk.blocks - disk.bfree) * disk.bsize;
      const usedPercent = used + freeBytes === 0 ? 100 : (used * 100) / (used + freeBytes);
      const before = this.#levels.get(dev) ?? 'ok';
      const level = seen.get(dev) ?? this.#levelOf(usedPercent, freeBytes, before);
      const state = { folder, freeBytes, totalBytes, level };
      states.push(state);
      if (!seen.has(dev)) this.#tell(state, usedPercent, before);
      seen.set(dev, level);
      this.#levels.set(dev, level);
    }
    return states;
  }

  #levelOf(usedPercent: number, freeBytes: number, before: DiskLevel): DiskLevel {
    const { lowPercent, alarmPercent, reserveBytes } = this.#options;
    const reached = (level: DiskLevel, percent: number, reserves: number): boolean => {
      const stays = rank[before] >= rank[level];
      return (
        usedPercent >= percent - (stays ? hysteresisPercent : 0) ||
        freeBytes <= reserveBytes * (reserves + (stays ? 0.2 : 0))
      );
    };
    if (reached('alarm', alarmPercent, 1.5)) return 'alarm';
    return reached('low', lowPercent, 2) ? 'low' : 'ok';
  }

  #tell(state: DiskState, usedPercent: number, before: DiskLevel): void {
    const { folder, level } = state;
    if (rank[level] > rank[before]) this.#options.onLow(state, usedPercent);
    else if (rank[level] < rank[before]) {
      this.#options.log.info({ folder, level, before }, 'the disk has more room again');
    }
  }
}

/** The folder, or its nearest parent that exists. */
async function nearest(folder: string): Promise<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || at === path.dirname(at)) throw error;
    }
  }
}
