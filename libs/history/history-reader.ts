import { BranchlineError } from '#libs/errors';
import type { HistoryRow, HistoryTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import { bucketsBetween, stepFor, type HistoryStep } from './buckets.ts';
import { otherLabels } from './history-recorder.ts';
import { historySeries, type HistorySeries, type SeriesKind } from './series.ts';

/** Which piece of the past. Times are Unix milliseconds. */
export interface HistoryQuestion {
  readonly series: HistorySeries;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step?: HistoryStep | undefined;
}

export interface HistoryLine {
  readonly label: string;
  /** null: nothing is known of that bucket. Of spans the sum of the durations. */
  readonly values: readonly (number | null)[];
  /** Of spans: how many there were, and the longest. */
  readonly counts?: readonly number[];
  readonly peaks?: readonly number[];
}

export interface HistoryAnswer {
  readonly series: HistorySeries;
  readonly kind: SeriesKind;
  readonly unit: string;
  /** Seconds. */
  readonly step: HistoryStep;
  /** Starts of the buckets, Unix seconds. */
  readonly times: readonly number[];
  readonly lines: readonly HistoryLine[];
}

/** Buckets of one answer. */
export const maxBuckets = 800;
/** Without a `step`, the finest that gives no more buckets than a plot has room for. */
const usualBuckets = 600;
/** Lines of one answer, the largest; the others are added up. */
const maxLines = 24;
const maxRows = 50_000;
const usualSpanMs = 86_400_000;

/** Answers how it was. */
export class HistoryReader {
  readonly #table: HistoryTable;
  readonly #clock: Clock;

  constructor(table: HistoryTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** @throws BranchlineError USAGE: `from` is not before `to`, or more buckets than one answer has. */
  ask({ series, from: fromMs, to: toMs, step: asked }: HistoryQuestion): HistoryAnswer {
    const nowMs = this.#clock.now();
    const to = (toMs ?? nowMs) / 1_000;
    const from = fromMs === undefined ? to - usualSpanMs / 1_000 : fromMs / 1_000;
    if (from >= to) throw new BranchlineError('USAGE', 'from must be before to');
    const step = asked ?? stepFor(from, to, nowMs / 1_000, usualBuckets);
    const times = bucketsBetween(step, from, to, maxBuckets + 1);
    const first = times[0];
    if (first === undefined || times.length > maxBuckets) {
      throw new BranchlineError(
        'USAGE',
        `that is more than ${maxBuckets} buckets of ${step} s: ask for a shorter time or a larger step`,
      );
    }
    const { kind, unit } = historySeries[series];
    const rows = this.#table.read(series, step, first, to, maxRows);
    const since = this.#table.first(series, step) ?? Infinity;
    return { series, kind, unit, step, times, lines: linesOf(rows, times, kind, since) };
  }
}

function linesOf(
  rows: readonly HistoryRow[],
  times: readonly number[],
  kind: SeriesKind,
  since: number,
): HistoryLine[] {
  const places = new Map(times.map((at, place) => [at, place]));
  // A bucket of levels says all of them, or nothing is known of it.
  const known = new Set(rows.map(({ at }) => at));
  const nothing = times.map((at) => {
    if (kind === 'count') return at >= since ? 0 : null;
    return kind === 'level' && known.has(at) ? 0 : null;
  });
  const shown = largestLabels(rows, kind);
  const lines = new Map<string, { values: (number | null)[]; counts: number[]; peaks: number[] }>();
  for (const { at, label, count, total, peak } of rows) {
    const place = places.get(at);
    if (place === undefined) continue;
    const name = shown.has(label) ? label : otherLabels;
    let line = lines.get(name);
    if (line === undefined) {
      line = { values: [...nothing], counts: times.map(() => 0), peaks: times.map(() => 0) };
      lines.set(name, line);
    }
    line.values[place] = (line.values[place] ?? 0) + total;
    line.counts[place] = (line.counts[place] ?? 0) + count;
    line.peaks[place] = Math.max(line.peaks[place] ?? 0, peak);
  }
  return [...lines]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([label, { values, counts, peaks }]) =>
      kind === 'span' ? { label, values, counts, peaks } : { label, values },
    );
}

/** Of levels those that are the largest now: what was once is not what people look for first. */
function largestLabels(rows: readonly HistoryRow[], kind: SeriesKind): ReadonlySet<string> {
  const now = rows.at(-1)?.at;
  const sums = new Map<string, { now: number; total: number }>();
  for (const { label, at, total } of rows) {
    const sum = sums.get(label) ?? { now: 0, total: 0 };
    const isNow = kind === 'level' && at === now;
    sums.set(label, { now: isNow ? total : sum.now, total: sum.total + total });
  }
  const sorted = [...sums].toSorted(([, a], [, b]) => b.now - a.now || b.total - a.total);
  return new Set(sorted.slice(0, maxLines).map(([label]) => label));
}
