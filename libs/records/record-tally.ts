import type { Clock } from '#libs/lifecycle';
import { isSameDay } from './file-name.ts';

/** How much has come in: since the start, and today. */
export class RecordTally {
  readonly #clock: Clock;
  records = 0;
  bytes = 0;
  /** Unix milliseconds. */
  lastAt: number | undefined;
  #today = { at: 0, records: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(stored: { readonly records: number; readonly bytes: number }): void {
    const now = this.#clock.now();
    this.records += stored.records;
    this.bytes += stored.bytes;
    const before = isSameDay(this.#today.at, now) ? this.#today.records : 0;
    this.#today = { at: now, records: before + stored.records };
    if (stored.records > 0) this.lastAt = now;
  }

  get today(): number {
    return isSameDay(this.#today.at, this.#clock.now()) ? this.#today.records : 0;
  }
}
