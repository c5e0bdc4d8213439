import type { HistoryAnswer, HistoryLine, HistorySeries } from '#libs/history';

export type ColumnUnit = 'files' | 'bytes' | 'ms' | 'records' | 'telephones' | 'branches' | 'runs';

/** One line of a plot, and one column of the table beside it. */
export interface Column {
  readonly label: string;
  readonly unit: ColumnUnit;
  /** One for each bucket; null: nothing is known. */
  readonly values: readonly (number | null)[];
  /** How several buckets become one of the table: added up, the last one, the largest, or by the number of `weights`. */
  readonly merge: 'sum' | 'last' | 'max' | 'mean';
  readonly weights?: readonly number[] | undefined;
  /** false: in the table only. */
  readonly plotted: boolean;
}

/** The lines of an answer as people read them. */
export function columnsOf(answer: HistoryAnswer): Column[] {
  return shapes[answer.series](answer);
}

const shapes: Readonly<Record<HistorySeries, (answer: HistoryAnswer) => Column[]>> = {
  transfers: ({ lines }) => {
    const done = byLabel(lines, ([protocol = '', outcome]) =>
      outcome === 'done' ? protocol.toUpperCase() : undefined,
    );
    const ill = byLabel(lines, ([, outcome = '']) => troubleWords[outcome]);
    return [...done, ...ill].map(([label, values]) => counted(label, 'files', values));
  },
  'transfer-bytes': ({ lines }) =>
    byLabel(lines, ([, direction = '']) => directionWords[direction]).map(([label, values]) =>
      counted(label, 'bytes', values),
    ),
  'sync-runs': ({ lines, times }) => durations(lines, times.length),
  'relay-files': ({ lines }) => relayed(lines, 'files'),
  'relay-bytes': ({ lines }) => relayed(lines, 'bytes'),
  records: ({ lines }) => intakes(lines, 'records'),
  'record-bytes': ({ lines }) => intakes(lines, 'bytes'),
  firmware: ({ lines }) => lines.map((line) => level(line.label, 'telephones', line)),
  branches: ({ lines }) => lines.map((line) => level(stateWord(line.label), 'branches', line)),
};

const troubleWords: Readonly<Record<string, string>> = {
  refused: 'Refused',
  failed: 'Cut short',
};
const directionWords: Readonly<Record<string, string>> = {
  download: 'Sent to telephones',
  upload: 'Received from them',
};
const kindWords: Readonly<Record<string, string>> = { cdr: 'CDR', bcms: 'BCMS', backup: 'Backups' };
const intakeWords: Readonly<Record<string, string>> = { link: 'CDR link', web: 'By HTTP' };

const stateWord = (state: string): string => {
  const words = state.replaceAll('-', ' ');
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
};

const counted = (label: string, unit: ColumnUnit, values: readonly (number | null)[]): Column => ({
  label,
  unit,
  values,
  merge: 'sum',
  plotted: true,
});

const level = (label: string, unit: ColumnUnit, { values }: HistoryLine): Column => ({
  label,
  unit,
  values,
  merge: 'last',
  plotted: true,
});

const relayed = (lines: readonly HistoryLine[], unit: ColumnUnit): Column[] =>
  byLabel(lines, ([kind = '', way = '']) => `${kindWords[kind] ?? kind} ${way}`).map(
    ([label, values]) => counted(label, unit, values),
  );

const intakes = (lines: readonly HistoryLine[], unit: ColumnUnit): Column[] =>
  byLabel(lines, ([intake = '']) => intakeWords[intake]).map(([label, values]) =>
    counted(label, unit, values),
  );

/** All outcomes together, and how many failed. */
function durations(lines: readonly HistoryLine[], buckets: number): Column[] {
  const places = Array.from({ length: buckets }, (_, place) => place);
  const sum = (of: (line: HistoryLine, place: number) => number, all = lines): number[] =>
    places.map((place) => all.reduce((total, line) => total + of(line, place), 0));
  const runs = sum(({ counts }, place) => counts?.[place] ?? 0);
  const took = sum(({ values }, place) => values[place] ?? 0);
  const failed = lines.filter(({ label }) => label === 'failed');
  const known = (value: number, place: number): number | null =>
    (runs[place] ?? 0) > 0 ? value : null;
  if (lines.length === 0) return [];
  return [
    {
      label: 'On average',
      unit: 'ms',
      values: took.map((total, place) => known(Math.round(total / (runs[place] ?? 1)), place)),
      merge: 'mean',
      weights: runs,
      plotted: true,
    },
    {
      label: 'The longest',
      unit: 'ms',
      values: places.map((place) =>
        known(Math.max(...lines.map(({ peaks }) => peaks?.[place] ?? 0)), place),
      ),
      merge: 'max',
      plotted: true,
    },
    { label: 'Runs', unit: 'runs', values: runs, merge: 'sum', plotted: false },
    {
      label: 'Failed',
      unit: 'runs',
      values: sum(({ counts }, place) => counts?.[place] ?? 0, failed),
      merge: 'sum',
      plotted: false,
    },
  ];
}

/** Lines added up under the label that `name` makes of their words; without one they are left out. */
function byLabel(
  lines: readonly HistoryLine[],
  name: (words: readonly string[]) => string | undefined,
): [string, (number | null)[]][] {
  const sums = new Map<string, (number | null)[]>();
  for (const { label, values } of lines) {
    const to = name(label.split(' '));
    if (to === undefined) continue;
    const sum = sums.get(to);
    sums.set(
      to,
      values.map((value, place) => {
        const before = sum?.[place] ?? null;
        return value === null ? before : value + (before ?? 0);
      }),
    );
  }
  return [...sums];
}

/** Rows of the table: the buckets that `keyOf` gives the same key, newest first. `at` in Unix seconds. */
export function rowsOf(
  times: readonly number[],
  columns: readonly Column[],
  keyOf: (at: number) => number,
): { readonly at: number; readonly values: readonly (number | null)[] }[] {
  const places = Map.groupBy(times.keys(), (place) => keyOf(times[place] ?? 0));
  return [...places]
    .map(([at, own]) => ({ at, values: columns.map((column) => merged(column, own)) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .toSorted((a, b) => b.at - a.at);
}

function merged({ values, weights, merge }: Column, places: readonly number[]): number | null {
  const known = places.filter((place) => values[place] !== null);
  const own = known.map((place) => values[place] ?? 0);
  if (own.length === 0) return null;
  const total = own.reduce((sum, value) => sum + value, 0);
  switch (merge) {
    case 'sum':
      return total;
    case 'last':
      return own.at(-1) ?? null;
    case 'max':
      return Math.max(...own);
    case 'mean': {
      const shares = known.map((place) => weights?.[place] ?? 1);
      const weight = shares.reduce((sum, share) => sum + share, 0);
      return Math.round(
        own.reduce((sum, value, n) => sum + value * (shares[n] ?? 1), 0) / Math.max(weight, 1),
      );
    }
  }
}
