import { table } from './table.ts';

/** Rows as JSON for programs, else as a table. */
export function printRows<R>(
  json: boolean | undefined,
  rows: readonly R[],
  head: readonly string[],
  cells: (row: R) => readonly string[],
): void {
  if (json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stdout.write('nothing\n');
  else process.stdout.write(`${table(head, rows.map(cells)).join('\n')}\n`);
}
