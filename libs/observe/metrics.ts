import { Counter, Gauge, Registry } from 'prom-client';
import type { LoopDelay } from './loop-watch.ts';
import { MirrorMetrics } from './mirror-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { phoneProtocols, transferOutcomes, PhoneTransfers } from './phone-transfers.ts';
import { RelayMetrics } from './relay-metrics.ts';

export const syncJobs = ['updates', 'backup', 'cdr', 'bcms'] as const;
export type SyncJob = (typeof syncJobs)[number];

export const runOutcomes = ['done', 'partly-done', 'failed'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

export const peers = ['primary', 'secondary'] as const;
export type Peer = (typeof peers)[number];

/** in-sync … never-seen: how a hub sees a branch. */
export const branchStates = [
  'in-sync',
  'pending',
  'error',
  'overdue',
  'revoked',
  'never-seen',
] as const;
export type BranchState = (typeof branchStates)[number];

/** How call records come over the network. */
export const recordIntakes = ['link', 'web'] as const;
export type RecordIntakeCounts = Readonly<
  Record<(typeof recordIntakes)[number], { readonly records: number; readonly bytes: number }>
> & { readonly link: { readonly senders: number } };

export interface MetricsOptions {
  readonly version: string;
  /** Read at each scrape; undefined = not measured. */
  readonly loopDelay?: (() => LoopDelay) | undefined;
}

/**
 * Everything /metrics says. Label sets exist from the start, so that zero is visible;
 * no label ever holds a phone's address or a file's name. docs/reference/metrics.md lists them, held by a test.
 */
export class Metrics {
  /** Counts for the page and for /metrics alike. */
  readonly transfers = new PhoneTransfers();
  readonly relay: RelayMetrics;
  readonly mirror: MirrorMetrics;
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  #readIntakes: () => RecordIntakeCounts = () => {
    const none = { records: 0, bytes: 0, senders: 0 };
    return { link: none, web: none };
  };
  readonly #runs: Counter<'job' | 'outcome'>;
  readonly #lastSuccess: Gauge<'peer' | 'job'>;
  readonly #lastComplete: Gauge;
  readonly #lastRun: Gauge;
  readonly #longestUnseen: Gauge;
  readonly #phones: Gauge<'seen'>;
  readonly #fetched: Counter<'peer'>;
  readonly #served: Counter;
  readonly #listeners: Gauge<'protocol' | 'state'>;
  readonly #branches: Gauge<'state'>;
  readonly #certificates: Gauge<'name'>;
  readonly #diskFree: Gauge<'folder'>;
  readonly #diskTotal: Gauge<'folder'>;
  readonly #diskLevel: Gauge<'folder'>;
  readonly #alarms: Gauge<'condition'>;

  constructor(options: MetricsOptions) {
    const registers = [this.#registry];
    this.#phoneMetrics(registers);
    this.#recordMetrics(registers);
    this.relay = new RelayMetrics(registers);
    this.mirror = new MirrorMetrics(registers);
    processMetrics(registers, options);

    this.#runs = new Counter({
      name: 'branchline_sync_runs_total',
      help: 'Sync runs by job and how they ended',
      labelNames: ['job', 'outcome'],
      registers,
    });
    this.#lastSuccess = new Gauge({
      name: 'branchline_sync_last_success_timestamp_seconds',
      help: 'Unix time of the last complete sync run; 0 = never since the start',
      labelNames: ['peer', 'job'],
      registers,
    });
    this.#lastComplete = new Gauge({
      name: 'branchline_sync_last_complete_timestamp_seconds',
      help: 'Unix time of the end of the last complete sync run, also before this start; 0 = never, or no branch',
      registers,
    });
    this.#lastRun = new Gauge({
      name: 'branchline_sync_last_run_seconds',
      help: 'How long the last sync run took',
      registers,
    });
    this.#longestUnseen = new Gauge({
      name: 'branchline_branches_longest_unseen_timestamp_seconds',
      help: 'Unix time at which the branch was seen that was not seen for the longest time, revoked ones aside; 0 = no branch was ever seen',
      registers,
    });
    this.#phones = new Gauge({
      name: 'branchline_phones',
      help: 'Telephones that were seen: ever, and today',
      labelNames: ['seen'],
      registers,
    });
    this.#fetched = new Counter({
      name: 'branchline_fetched_bytes_total',
      help: 'Bytes of files taken from the hub',
      labelNames: ['peer'],
      registers,
    });
    this.#served = new Counter({
      name: 'branchline_hub_sent_bytes_total',
      help: 'Bytes of files sent to branches',
      registers,
    });
    this.#listeners = new Gauge({
      name: 'branchline_phones_listeners',
      help: 'Ports for telephones by state',
      labelNames: ['protocol', 'state'],
      registers,
    });
    this.#branches = new Gauge({
      name: 'branchline_branches',
      help: 'Branches of this hub by state',
      labelNames: ['state'],
      registers,
    });
    this.#certificates = new Gauge({
      name: 'branchline_certificate_expiry_timestamp_seconds',
      help: 'Unix time at which a certificate of this server expires',
      labelNames: ['name'],
      registers,
    });
    this.#diskFree = new Gauge({
      name: 'branchline_disk_free_bytes',
      help: 'Free bytes on the disk of a folder',
      labelNames: ['folder'],
      registers,
    });
    this.#diskTotal = new Gauge({
      name: 'branchline_disk_total_bytes',
      help: 'Size in bytes of the disk of a folder',
      labelNames: ['folder'],
      registers,
    });
    this.#diskLevel = new Gauge({
      name: 'branchline_disk_level',
      help: 'Disk of a folder: 0 = room, 1 = above DiskLowPercent, 2 = above DiskAlarmPercent',
      labelNames: ['folder'],
      registers,
    });
    this.#alarms = new Gauge({
      name: 'branchline_alarms_active',
      help: 'Alarms that are on, by condition',
      labelNames: ['condition'],
      registers,
    });

    for (const job of syncJobs) {
      for (const outcome of runOutcomes) this.#runs.inc({ job, outcome }, 0);
      for (const peer of peers) this.#lastSuccess.set({ peer, job }, 0);
    }
    for (const peer of peers) this.#fetched.inc({ peer }, 0);
    for (const protocol of phoneProtocols) this.listeners(protocol, 0, 0);
    this.branches({});
    this.phones({ ever: 0, today: 0 });
  }

  /** A sync run ended; a complete one also moves the time of the last success of its peer. */
  ran(job: SyncJob, outcome: RunOutcome, peer: Peer, atMs: number): void {
    this.#runs.inc({ job, outcome });
    if (outcome === 'done') this.#lastSuccess.set({ peer, job }, Math.round(atMs / 1000));
  }

  /** Bytes of files taken from a peer. */
  fetched(peer: Peer, bytes: number): void {
    this.#fetched.inc({ peer }, bytes);
  }

  /** Bytes of files sent to a branch. */
  served(bytes: number): void {
    this.#served.inc(bytes);
  }

  /** How many ports of a protocol are bound, and how many should be but are not. */
  listeners(protocol: (typeof phoneProtocols)[number], listening: number, failed: number): void {
    this.#listeners.set({ protocol, state: 'listening' }, listening);
    this.#listeners.set({ protocol, state: 'failed' }, failed);
  }

  branches(counts: Partial<Record<BranchState, number>>): void {
    for (const state of branchStates) this.#branches.set({ state }, counts[state] ?? 0);
  }

  /** `atMs`: Unix milliseconds; undefined = no branch was ever seen. */
  longestUnseen(atMs: number | undefined): void {
    this.#longestUnseen.set(Math.round((atMs ?? 0) / 1000));
  }

  /** Of the runs that are remembered, those before this start included. */
  lastRun({ completeAtMs, tookMs }: { completeAtMs: number; tookMs: number | undefined }): void {
    this.#lastComplete.set(Math.round(completeAtMs / 1000));
    if (tookMs !== undefined) this.#lastRun.set(tookMs / 1000);
  }

  phones({ ever, today }: { readonly ever: number; readonly today: number }): void {
    this.#phones.set({ seen: 'ever' }, ever);
    this.#phones.set({ seen: 'today' }, today);
  }

  certificate(name: string, expiresAtMs: number): void {
    this.#certificates.set({ name }, Math.round(expiresAtMs / 1000));
  }

  /** `level`: 0, 1 = low, 2 = alarm. */
  disk(folder: string, freeBytes: number, totalBytes: number, level: number): void {
    this.#diskLevel.set({ folder }, level);
    this.#diskFree.set({ folder }, freeBytes);
    this.#diskTotal.set({ folder }, totalBytes);
  }

  /** How many alarms of each condition are on. */
  alarms(counts: readonly (readonly [condition: string, on: number])[]): void {
    for (const [condition, on] of counts) this.#alarms.set({ condition }, on);
  }

  /** Prometheus text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Of call records; `read` is asked at each scrape. */
  intakes(read: () => RecordIntakeCounts): void {
    this.#readIntakes = read;
  }

  /** Of call records, as `intakes` tells them. */
  intakeCounts(): RecordIntakeCounts {
    return this.#readIntakes();
  }

  #recordMetrics(registers: Registry[]): void {
    const read = (): RecordIntakeCounts => this.#readIntakes();
    for (const what of ['records', 'bytes'] as const) {
      new Counter({
        name: what === 'records' ? 'branchline_records_total' : 'branchline_record_bytes_total',
        help:
          what === 'records'
            ? 'Call records that came over the network and are on the disk'
            : 'Bytes of these records',
        labelNames: ['intake'],
        registers,
        collect() {
          this.reset();
          const counts = read();
          for (const intake of recordIntakes) this.inc({ intake }, counts[intake][what]);
        },
      });
    }
    new Gauge({
      name: 'branchline_record_senders',
      help: 'Switches that are connected to the raw CDR link',
      registers,
      collect() {
        this.set(read().link.senders);
      },
    });
  }

  #phoneMetrics(registers: Registry[]): void {
    const { transfers } = this;
    new Counter({
      name: 'branchline_transfers_total',
      help: 'Files that telephones fetched, saved or had removed, by outcome',
      labelNames: ['protocol', 'direction', 'outcome'],
      registers,
      collect() {
        this.reset();
        for (const { protocol, direction, ...tally } of transfers.list()) {
          for (const outcome of transferOutcomes) {
            this.inc({ protocol, direction, outcome }, tally[outcome]);
          }
        }
      },
    });
    new Counter({
      name: 'branchline_transfer_bytes_total',
      help: 'Bytes of files sent to telephones and received from them',
      labelNames: ['protocol', 'direction'],
      registers,
      collect() {
        this.reset();
        for (const { protocol, direction, bytes } of transfers.list()) {
          if (direction !== 'removal') this.inc({ protocol, direction }, bytes);
        }
      },
    });
    new Gauge({
      name: 'branchline_transfers_active',
      help: 'Transfers with telephones that are going on',
      labelNames: ['protocol'],
      registers,
      collect() {
        this.reset();
        for (const { protocol, active } of transfers.list()) this.inc({ protocol }, active);
      },
    });
  }
}
