import { createHash } from 'node:crypto';
import { createTask, type ScheduledTask } from 'node-cron';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

/** Guide key UpdateInterval: 1 minute, 2 hour, 3 day, 4 month (p. 24). */
export type UpdateInterval = 1 | 2 | 3 | 4;

export const intervalMs: Readonly<Record<UpdateInterval, number>> = {
  1: 60_000,
  2: 3_600_000,
  3: 86_400_000,
  4: 30 * 86_400_000,
};

/**
 * When in each interval this server asks, as a cron expression with seconds: spread evenly over the whole
 * interval by a hash of `seed`, and the same after every restart.
 */
export function cronFor(interval: UpdateInterval, seed: string): string {
  const digest = createHash('sha256').update(seed).digest();
  const second = digest.readUInt32BE(0) % 60;
  const minute = digest.readUInt32BE(4) % 60;
  const hour = digest.readUInt32BE(8) % 24;
  // Every month has a 28th.
  const day = 1 + (digest.readUInt32BE(12) % 28);
  switch (interval) {
    case 1:
      return `${second} * * * * *`;
    case 2:
      return `${second} ${minute} * * * *`;
    case 3:
      return `${second} ${minute} ${hour} * * *`;
    case 4:
      return `${second} ${minute} ${hour} ${day} * *`;
  }
}

export interface ScheduleOptions {
  readonly interval: UpdateInterval;
  /** Stable name of this server. */
  readonly seed: string;
  readonly run: () => void;
  readonly log: Logger;
}

/** Calls `run` once per interval; node-cron leaves one out rather than overlap. */
export class Schedule implements Service {
  readonly name = 'schedule';
  readonly #options: ScheduleOptions;
  #task: ScheduledTask | undefined;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { interval, seed, run, log } = this.#options;
    const expression = cronFor(interval, seed);
    this.#task = createTask(expression, run, { noOverlap: true });
    await this.#task.start();
    log.info({ schedule: expression, next: this.#task.getNextRun() }, 'schedule started');
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
  }

  /** Unix milliseconds of the next run, or undefined when it is not started. */
  next(): number | undefined {
    return this.#task?.getNextRun()?.getTime();
  }
}
