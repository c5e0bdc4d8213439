/** Columns as wide as their widest cell, below a head; nothing at all when there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : aligned([head, ...rows]);
}

/** Columns as wide as their widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => printable(row[column]).length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A name that a stranger chose must not steer the terminal. */
export const printable = (cell = ''): string => cell.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
