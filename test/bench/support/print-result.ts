import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { isKept, type BenchResult, type Figure, type Ratio } from './bench-result.ts';

type Row = readonly [label: string, value: string, promise: string];

/** One result as a table for a terminal. */
export function asText(result: BenchResult): string {
  const rows = rowsOf(result);
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [labels, values] = [width(0), width(1)];
  const table = rows.map(([label, value, promise]) =>
    `  ${label.padEnd(labels)}  ${value.padStart(values)}  ${promise}`.trimEnd(),
  );
  return [result.title, ...table, `  ${result.command}`, ''].join('\n');
}

/** One result as a section for docs/performance.md. */
export function asMarkdown(result: BenchResult, bench: string): string {
  const rows = rowsOf(result).map((row) => `| ${row.join(' | ')} |`);
  return [
    `### ${result.title}`,
    '',
    `\`npm run bench -- ${bench}\`; the peer: \`${result.command}\``,
    '',
    '| what | measured | promise |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** The machine in one line: a figure means nothing without it. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${model}), ${memory} GiB, ${process.platform} ${release()}, Node ${process.version}`;
}

function rowsOf({ figures, ratio }: BenchResult): Row[] {
  const rows = figures.map(figureRow);
  return ratio === undefined ? rows : [...rows, ratioRow(ratio)];
}

function figureRow(figure: Figure): Row {
  const value = `${rounded(figure.value)} ${figure.unit}`.trimEnd();
  const bound = figure.limit;
  if (bound === undefined) return [figure.label, value, ''];
  const promise = `${bound.kind} ${rounded(bound.value)} ${figure.unit}`.trimEnd();
  return [figure.label, value, `${promise}: ${isKept(figure) ? 'met' : 'MISSED'}`];
}

function ratioRow({ label, value, target, met }: Ratio): Row {
  const promise = `at most ${target.toFixed(2)} ×: ${met ? 'met' : 'MISSED'}`;
  return [`ratio: ${label}`, `${value.toFixed(2)} ×`, promise];
}

function rounded(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toString();
  return value.toPrecision(3);
}
