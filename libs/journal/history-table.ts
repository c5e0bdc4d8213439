import { integer, text, type Journal } from './journal.ts';

/** One bucket of one label. What the numbers mean is the series' own matter. */
export interface HistoryRow {
  readonly series: string;
  /** Seconds. */
  readonly step: number;
  /** Start of the bucket, Unix seconds. */
  readonly at: number;
  readonly label: string;
  readonly count: number;
  readonly total: number;
  readonly peak: number;
}

/** The levels of one series at the end of a bucket: they take the place of what was written before. */
export interface HistoryLevels {
  readonly series: string;
  readonly step: number;
  readonly at: number;
  readonly levels: ReadonlyMap<string, number>;
}

export interface HistoryWrite {
  /** Added to what is there. */
  readonly add: readonly HistoryRow[];
  readonly levels: readonly HistoryLevels[];
  /** How much of each lasting counter is in the history with this write. */
  readonly read: ReadonlyMap<string, number>;
}

/** Rows that one call takes away at most: it stays short. */
const removedAtOnce = 2_000;

/** What has been over time, in buckets. One writer. */
export class HistoryTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** All or nothing: a crash neither loses a part of it nor lets it be added twice. */
  write({ add, levels, read }: HistoryWrite): void {
    this.#journal.transaction(() => {
      for (const row of add) this.#add(row);
      for (const { series, step, at, levels: values } of levels) {
        this.#journal.run(
          'delete from history where series = ? and step = ? and at = ?',
          ...[series, step, at],
        );
        for (const [label, total] of values) {
          this.#add({ series, step, at, label, count: 1, total, peak: total });
        }
      }
      for (const [counter, value] of read) {
        this.#journal.run(
          'insert into history_read values (?, ?) on conflict do update set value = excluded.value',
          ...[counter, value],
        );
      }
    });
  }

  /** From `from` to before `to`, Unix seconds; by time. At most `limit` rows. */
  read(series: string, step: number, from: number, to: number, limit: number): HistoryRow[] {
    return this.#journal.rows(
      `select at, label, count, total, peak from history
       where series = ? and step = ? and at >= ? and at < ? order by at, label limit ?`,
      [series, step, from, to, limit],
      (row) => ({
        series,
        step,
        at: integer(row, 'at'),
        label: text(row, 'label'),
        count: integer(row, 'count'),
        total: integer(row, 'total'),
        peak: integer(row, 'peak'),
      }),
    );
  }

  /** Start of the first bucket that is still there, Unix seconds. */
  first(series: string, step: number): number | undefined {
    return this.#journal.row(
      'select at from history where series = ? and step = ? order by at limit 1',
      [series, step],
      (row) => integer(row, 'at'),
    );
  }

  /** How much of each lasting counter is in the history. */
  counters(): Map<string, number> {
    return new Map(
      this.#journal.rows(
        'select counter, value from history_read',
        [],
        (row) => [text(row, 'counter'), integer(row, 'value')] as const,
      ),
    );
  }

  /** Give up buckets that began before `before`, Unix seconds. Returns true when there may be more to give up. */
  prune(series: string, step: number, before: number): boolean {
    const { changes } = this.#journal.run(
      `delete from history where series = ? and step = ? and (at, label) in (
         select at, label from history where series = ? and step = ? and at < ? order by at limit ?)`,
      ...[series, step, series, step, before, removedAtOnce],
    );
    return changes === removedAtOnce;
  }

  #add({ series, step, at, label, count, total, peak }: HistoryRow): void {
    this.#journal.run(
      `insert into history (series, step, at, label, count, total, peak) values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set count = count + excluded.count, total = total + excluded.total,
         peak = max(peak, excluded.peak)`,
      ...[series, step, at, label, count, total, peak],
    );
  }
}
