/** Columns as wide as their widest cell; nothing at all when there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => printable(row[column]).length)),
  );
  return all.map((row) =>
    row
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A name that a stranger chose must not steer the terminal. */
const printable = (cell = ''): string => cell.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
