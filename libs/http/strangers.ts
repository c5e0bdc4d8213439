import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

const quietMs = 10_000;

/** What strangers can cause at any rate. */
export type Offence = 'unreadable request' | 'too many connections' | 'TLS handshake failed';

interface Seen {
  times: number;
  reportedAt: number;
  address: string;
  reason: string;
}

/** Counts offences and reports each kind at most every ten seconds, with the last of them as an example. */
export class Strangers {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seen = new Map<Offence, Seen>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  note(offence: Offence, address: string, reason = ''): void {
    const { times = 0, reportedAt = -Infinity } = this.#seen.get(offence) ?? {};
    this.#seen.set(offence, { times: times + 1, reportedAt, address, reason });
  }

  report(): void {
    const now = this.#clock.now();
    for (const [offence, seen] of this.#seen) {
      if (seen.times === 0 || now - seen.reportedAt < quietMs) continue;
      const { times, address, reason } = seen;
      this.#log.warn({ times, address, reason }, offence);
      this.#seen.set(offence, { ...seen, times: 0, reportedAt: now });
    }
  }
}
