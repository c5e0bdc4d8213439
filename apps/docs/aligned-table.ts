/** A table of Markdown, as Prettier would format it. */
export function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) =>
    Math.max(...escaped.map((row) => row[column]?.length ?? 0)),
  );
  const lines = escaped.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | '),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join(' | ');
  return [lines[0] ?? '', rule, ...lines.slice(1)].map((line) => `| ${line} |`);
}
