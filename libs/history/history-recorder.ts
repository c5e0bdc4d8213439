import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { HistoryLevels, HistoryRow, HistoryTable } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import { bucketOf, historySteps, keptSince } from './buckets.ts';
import { seriesNames, type HistorySeries } from './series.ts';

/** Something that only grows. */
export interface CounterSource {
  readonly series: HistorySeries;
  /** true: it goes on where it was after a restart; false: it begins at 0. */
  readonly lasting: boolean;
  readonly read: () => Iterable<readonly [label: string, value: number]>;
}

/** Something that is as it is. */
export interface LevelSource {
  readonly series: HistorySeries;
  readonly read: () => Promise<Iterable<readonly [label: string, value: number]>>;
}

export interface HistoryRecorderOptions {
  readonly table: HistoryTable;
  readonly counters: readonly CounterSource[];
  readonly levels: readonly LevelSource[];
  readonly clock: Clock;
  /** Milliseconds between two writes: what a killed process loses at most. */
  readonly everyMs: number;
  readonly onFailure: (error: BranchlineError) => void;
}

interface Observed {
  count: number;
  total: number;
  peak: number;
}

/** Labels of one level that are kept, the largest; the others become `others`. */
const maxLabels = 24;
const maxLabelLength = 64;
/** Observations that may wait for the next write, by label. */
const maxObserved = 64;
const pruneEveryMs = 3_600_000;

/** The one who writes the history: looks at the counters now and then and adds what is new to the buckets of all widths. */
export class HistoryRecorder implements Service {
  readonly name = 'history';
  readonly #options: HistoryRecorderOptions;
  /** What of each counter is written already. */
  #read = new Map<string, number>();
  #observed = new Map<
    string,
    Observed & { readonly series: HistorySeries; readonly label: string }
  >();
  #lastAt = 0;
  #levelsOf: number | undefined;
  #pruneAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: HistoryRecorderOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    const { table, clock } = this.#options;
    this.#read = table.counters();
    this.#lastAt = clock.now();
    // Not at once: a clock that is wrong when the machine starts would take away what is not old.
    this.#pruneAt = this.#lastAt + pruneEveryMs;
    this.#running = true;
    this.#later();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#writing;
    this.#attempt(() => {
      this.#write([]);
    });
  }

  /** Note one duration, in milliseconds. */
  observe(series: HistorySeries, label: string, ms: number): void {
    const key = `${series} ${label}`;
    let observed = this.#observed.get(key);
    if (observed === undefined) {
      if (this.#observed.size >= maxObserved) return;
      observed = { series, label, count: 0, total: 0, peak: 0 };
      this.#observed.set(key, observed);
    }
    const whole = Math.max(0, Math.round(ms));
    observed.count += 1;
    observed.total += whole;
    observed.peak = Math.max(observed.peak, whole);
  }

  /** Write what is new; levels once in the finest bucket. */
  async record(): Promise<void> {
    const bucket = bucketOf(historySteps[0].step, this.#moment());
    const levels = this.#levelsOf === bucket ? [] : await this.#levels();
    this.#attempt(() => {
      this.#write(levels);
      if (levels.length > 0) this.#levelsOf = bucket;
    });
    this.#prune();
  }

  #later(): void {
    const { clock, everyMs } = this.#options;
    // At whole multiples, so that no write reaches over the border of two buckets.
    const ms = everyMs - (clock.now() % everyMs) + 5;
    this.#timer = setTimeout(() => {
      this.#writing = this.record().finally(() => {
        if (this.#running) this.#later();
      });
    }, ms);
    this.#timer.unref();
  }

  /** In the middle of what is about to be written, Unix seconds. */
  #moment(): number {
    const { clock, everyMs } = this.#options;
    const now = clock.now();
    const passed = Math.min(Math.max(now - this.#lastAt, 0), everyMs);
    return (now - passed / 2) / 1_000;
  }

  #write(levels: readonly { series: HistorySeries; levels: ReadonlyMap<string, number> }[]): void {
    const { table, counters, clock } = this.#options;
    const moment = this.#moment();
    const news: Omit<HistoryRow, 'step' | 'at'>[] = [...this.#observed.values()];
    const read = new Map<string, number>();
    const lasting = new Map<string, number>();
    for (const source of counters) {
      for (const [label, value] of source.read()) {
        const key = `${source.series} ${label}`;
        const total = value - (this.#read.get(key) ?? 0);
        if (total === 0) continue;
        read.set(key, value);
        if (source.lasting) lasting.set(key, value);
        // A counter that is smaller than it was has begun anew, as the database of another server does.
        news.push({
          series: source.series,
          label,
          count: 0,
          total: total > 0 ? total : value,
          peak: 0,
        });
      }
    }
    const buckets = historySteps.map(({ step }) => ({ step, at: bucketOf(step, moment) }));
    if (news.length > 0 || levels.length > 0) {
      table.write({
        add: buckets.flatMap((bucket) => news.map((row) => ({ ...row, ...bucket }))),
        levels: buckets.flatMap((bucket) =>
          levels.map((each): HistoryLevels => ({ ...each, ...bucket })),
        ),
        read: lasting,
      });
    }
    // Only now: what could not be written is written the next time.
    for (const [key, value] of read) this.#read.set(key, value);
    this.#observed = new Map();
    this.#lastAt = clock.now();
  }

  async #levels(): Promise<{ series: HistorySeries; levels: ReadonlyMap<string, number> }[]> {
    const all: { series: HistorySeries; levels: ReadonlyMap<string, number> }[] = [];
    for (const { series, read } of this.#options.levels) {
      try {
        all.push({ series, levels: largest(await read()) });
      } catch (error) {
        this.#options.onFailure(asBranchlineError(error));
      }
    }
    return all;
  }

  #prune(): void {
    const now = this.#options.clock.now();
    if (now < this.#pruneAt) return;
    this.#attempt(() => {
      const more = seriesNames.flatMap((series) =>
        historySteps.map(({ step }) =>
          this.#options.table.prune(series, step, keptSince(step, now / 1_000)),
        ),
      );
      this.#pruneAt = more.includes(true) ? now : now + pruneEveryMs;
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFailure(asBranchlineError(error));
    }
  }
}

/** At most so many labels of a bounded length: what telephones say of themselves is one of them. */
function largest(
  values: Iterable<readonly [label: string, value: number]>,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [label, value] of values) {
    const short = label.slice(0, maxLabelLength);
    sums.set(short, (sums.get(short) ?? 0) + Math.max(0, Math.round(value)));
  }
  const sorted = [...sums].toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b));
  if (sorted.length <= maxLabels) return new Map(sorted);
  const rest = sorted.slice(maxLabels).reduce((sum, [, value]) => sum + value, 0);
  return new Map([...sorted.slice(0, maxLabels), [otherLabels, rest]]);
}

/** What is too much to be told apart. */
export const otherLabels = 'others';
