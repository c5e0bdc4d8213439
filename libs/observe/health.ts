export type HealthState = 'ok' | 'warning' | 'failed';

/** How one part of the server is: a listener, the journal, the disk, the sync. */
export interface PartHealth {
  readonly part: string;
  readonly state: HealthState;
  /** Unix milliseconds when it came into this state. */
  readonly since: number;
  /** Unix milliseconds when it was last heard of. */
  readonly at: number;
  /** An error code when something is wrong. */
  readonly code: string | undefined;
  /** For people: what, where, what to do. */
  readonly detail: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** One sentence for each thing that is missing. */
  readonly reasons: readonly string[];
}

/** What a part must show for the server to be ready. */
export interface Requirement {
  /** The part's last `ok` may be at most this old; undefined = it only must not have failed. */
  readonly maxAgeMs?: number | undefined;
  /** Unix milliseconds of a success before this process; counts until the part has one of its own. */
  readonly lastOkAt?: number | undefined;
}

const maxParts = 1_000;

/** What is up, since when, and what is wrong: feeds /readyz, the page, the watchdog ping. */
export class Health {
  readonly #now: () => number;
  readonly #parts = new Map<string, PartHealth>();
  readonly #required = new Map<string, Requirement>();
  readonly #lastOk = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Say how a part is. `since` moves only when its state changes. */
  set(part: string, state: HealthState, detail = '', code?: string): void {
    const at = this.#now();
    const before = this.#parts.get(part);
    if (before === undefined && this.#parts.size >= maxParts) return;
    const since = before?.state === state ? before.since : at;
    this.#parts.set(part, { part, state, since, at, code, detail });
    if (state === 'ok') this.#lastOk.set(part, at);
  }

  /** From now on `/readyz` depends on this part; until it has reported, or without a `lastOkAt`, the server is not ready. */
  require(part: string, requirement: Requirement = {}): void {
    this.#required.set(part, requirement);
  }

  /** Forget a part that was switched off. */
  remove(part: string): void {
    this.#parts.delete(part);
    this.#required.delete(part);
    this.#lastOk.delete(part);
  }

  get(part: string): PartHealth | undefined {
    return this.#parts.get(part);
  }

  /** All parts, the worst first. */
  report(): readonly PartHealth[] {
    return [...this.#parts.values()].sort(
      (a, b) => badness[b.state] - badness[a.state] || a.part.localeCompare(b.part),
    );
  }

  ready(): Readiness {
    const reasons = [...this.#required].flatMap(([part, { maxAgeMs, lastOkAt }]) => {
      const health = this.#parts.get(part);
      if (health === undefined && lastOkAt === undefined) return [`${part}: not started yet`];
      if (health?.state === 'failed') return [`${part}: ${health.detail || 'failed'}`];
      if (maxAgeMs === undefined) return [];
      const lastOk = this.#lastOk.get(part) ?? lastOkAt;
      if (lastOk === undefined) return [`${part}: has not succeeded yet`];
      const age = this.#now() - lastOk;
      if (age <= maxAgeMs) return [];
      return [
        `${part}: last succeeded ${seconds(age)} s ago, at most ${seconds(maxAgeMs)} s allowed`,
      ];
    });
    return { ready: reasons.length === 0, reasons };
  }
}

const badness: Record<HealthState, number> = { failed: 2, warning: 1, ok: 0 };

const seconds = (ms: number): number => Math.round(ms / 1000);
