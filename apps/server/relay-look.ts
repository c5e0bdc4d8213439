import type { Journal, Ledger } from '#libs/journal';
import type { RelayStatus } from '#libs/pages';
import { relayStatus } from './relay-status.ts';
import type { ServerPlan } from './server-plan.ts';

/** Counting may take this share of the time, at most. */
const share = 1 / 200;
const leastMs = 400;

/** The relay's status for pages that are asked for all the time: the longer counting took, the longer its result is shown. */
export class RelayLook {
  readonly #plan: ServerPlan;
  readonly #journal: Journal;
  readonly #ledger: Ledger | undefined;
  #last: RelayStatus | undefined;
  #until = 0;

  constructor(plan: ServerPlan, journal: Journal, ledger: Ledger | undefined) {
    this.#plan = plan;
    this.#journal = journal;
    this.#ledger = ledger;
  }

  /** Null where nothing is relayed. `now` in Unix milliseconds. */
  async status(now: number): Promise<RelayStatus | null> {
    const plan = this.#plan;
    if (plan.branch === undefined && this.#ledger === undefined) return null;
    const begun = performance.now();
    if (this.#last !== undefined && begun < this.#until) return this.#last;
    const totals = (await this.#ledger?.totals()) ?? [];
    this.#last = await relayStatus({ plan, journal: this.#journal, totals, now });
    const ended = performance.now();
    this.#until = ended + Math.max(leastMs, (ended - begun) / share);
    return this.#last;
  }
}
