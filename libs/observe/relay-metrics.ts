import { Counter, Gauge, type Registry } from 'prom-client';

export const relayKinds = ['backup', 'cdr', 'bcms'] as const;
export type RelayKind = (typeof relayKinds)[number];

/** up: at a branch, no hub has it yet; collector: at a hub, not delivered yet. */
export const relaySides = ['up', 'collector'] as const;
export type RelaySide = (typeof relaySides)[number];

const ways = ['sent', 'received', 'delivered'] as const;

/** Files that went one way since the server was set up. */
export interface RelayedCount {
  readonly kind: RelayKind;
  readonly way: (typeof ways)[number];
  readonly files: number;
  readonly bytes: number;
}

/** What /metrics says of backups and call records on their way. */
export class RelayMetrics {
  readonly #waiting: Gauge<'side' | 'kind'>;
  readonly #oldest: Gauge<'side' | 'kind'>;
  readonly #gaps: Gauge;
  readonly #damaged: Gauge;
  #read: () => readonly RelayedCount[] = () => [];

  constructor(registers: Registry[]) {
    this.#waiting = new Gauge({
      name: 'branchline_relay_waiting_files',
      help: 'Files that wait to go up, or for the collector',
      labelNames: ['side', 'kind'],
      registers,
    });
    this.#oldest = new Gauge({
      name: 'branchline_relay_oldest_waiting_timestamp_seconds',
      help: 'Unix time since which the oldest of these waits; 0 = none waits',
      labelNames: ['side', 'kind'],
      registers,
    });
    this.#gaps = new Gauge({
      name: 'branchline_relay_gaps',
      help: 'Branches and kinds of records of which nothing came for longer than RecordGapHours',
      registers,
    });
    this.#damaged = new Gauge({
      name: 'branchline_relay_damaged_files',
      help: 'Stored records whose bytes are no longer those that came',
      registers,
    });
    this.#counters(registers);
    this.waiting([]);
  }

  /** Everything that waits; what is not named has nothing that waits. */
  waiting(
    all: readonly {
      readonly side: RelaySide;
      readonly kind: RelayKind;
      readonly files: number;
      /** Unix milliseconds. */
      readonly oldestAt: number | undefined;
    }[],
  ): void {
    for (const side of relaySides) {
      for (const kind of relayKinds) {
        const own = all.filter((each) => each.side === side && each.kind === kind);
        const times = own.map(({ oldestAt }) => oldestAt).filter((at) => at !== undefined);
        this.#waiting.set(
          { side, kind },
          own.reduce((sum, { files }) => sum + files, 0),
        );
        const oldest = times.length === 0 ? 0 : Math.round(Math.min(...times) / 1_000);
        this.#oldest.set({ side, kind }, oldest);
      }
    }
  }

  trouble({ gaps, damaged }: { readonly gaps: number; readonly damaged: number }): void {
    this.#gaps.set(gaps);
    this.#damaged.set(damaged);
  }

  /** `read` is asked at each scrape. */
  counts(read: () => readonly RelayedCount[]): void {
    this.#read = read;
  }

  #counters(registers: Registry[]): void {
    const read = (): readonly RelayedCount[] => this.#read();
    for (const what of ['files', 'bytes'] as const) {
      new Counter({
        name: `branchline_relay_${what}_total`,
        help:
          what === 'files'
            ? 'Backups and records that went between branch, hub and collector since the server was set up'
            : 'Bytes of these files',
        labelNames: ['kind', 'way'],
        registers,
        collect() {
          this.reset();
          for (const kind of relayKinds) for (const way of ways) this.inc({ kind, way }, 0);
          for (const { kind, way, ...count } of read()) this.inc({ kind, way }, count[what]);
        },
      });
    }
  }
}
