/** One line of a comparison; `gap` stands for equal lines that are left out. */
export type DiffLine =
  | { readonly kind: 'same' | 'added' | 'removed'; readonly text: string }
  | { readonly kind: 'gap'; readonly lines: number };

/** The lines of two texts. */
export interface LinePair {
  readonly old: readonly string[];
  readonly new: readonly string[];
}

const contextLines = 2;
/** Cells of the table of the longest common part; a larger block counts as replaced whole. */
const maxCells = 1_000_000;

/**
 * Which lines were taken out and put in, with some that stayed around them. `shown` are the same lines as they may be
 * seen: a secret that changed is a change, though both look the same.
 */
export function lineDiff({ old: before, new: after }: LinePair, shown: LinePair): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1;
  }
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  const lines: DiffLine[] = [
    ...shown.new.slice(0, start).map((text) => ({ kind: 'same', text }) as const),
    ...middle(old, fresh, {
      old: shown.old.slice(start, before.length - end),
      new: shown.new.slice(start, after.length - end),
    }),
    ...shown.new.slice(after.length - end).map((text) => ({ kind: 'same', text }) as const),
  ];
  return withGaps(lines);
}

function middle(old: readonly string[], fresh: readonly string[], shown: LinePair): DiffLine[] {
  const removed = (n: number): DiffLine => ({ kind: 'removed', text: shown.old[n] ?? '' });
  const added = (n: number): DiffLine => ({ kind: 'added', text: shown.new[n] ?? '' });
  if (old.length * fresh.length > maxCells) {
    return [...old.map((_line, n) => removed(n)), ...fresh.map((_line, n) => added(n))];
  }
  const common = commonLengths(old, fresh);
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < fresh.length) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      lines.push({ kind: 'same', text: shown.new[column] ?? '' });
      row += 1;
      column += 1;
    } else if (
      column >= fresh.length ||
      (row < old.length && at(common, row + 1, column) >= at(common, row, column + 1))
    ) {
      lines.push(removed(row));
      row += 1;
    } else {
      lines.push(added(column));
      column += 1;
    }
  }
  return lines;
}

/** Length of the longest common part of what follows, by row and column. */
function commonLengths(old: readonly string[], fresh: readonly string[]): number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () =>
    new Array<number>(fresh.length + 1).fill(0),
  );
  for (let row = old.length - 1; row >= 0; row -= 1) {
    const here = lengths[row] ?? [];
    for (let column = fresh.length - 1; column >= 0; column -= 1) {
      here[column] =
        old[row] === fresh[column]
          ? at(lengths, row + 1, column + 1) + 1
          : Math.max(at(lengths, row + 1, column), at(lengths, row, column + 1));
    }
  }
  return lengths;
}

const at = (lengths: readonly (readonly number[])[], row: number, column: number): number =>
  lengths[row]?.[column] ?? 0;

function withGaps(lines: readonly DiffLine[]): DiffLine[] {
  const near = lines.map((_line, n) =>
    lines.slice(Math.max(0, n - contextLines), n + contextLines + 1).some(isChange),
  );
  const shown: DiffLine[] = [];
  lines.forEach((line, n) => {
    const last = shown.at(-1);
    if (near[n] === true) shown.push(line);
    else if (last?.kind === 'gap') shown[shown.length - 1] = { kind: 'gap', lines: last.lines + 1 };
    else shown.push({ kind: 'gap', lines: 1 });
  });
  return shown;
}

const isChange = ({ kind }: DiffLine): boolean => kind === 'added' || kind === 'removed';

/** How many lines were put in and taken out. */
export const diffCount = (lines: readonly DiffLine[]): { added: number; removed: number } => ({
  added: lines.filter(({ kind }) => kind === 'added').length,
  removed: lines.filter(({ kind }) => kind === 'removed').length,
});
