import { importSettingsFile, type ImportOutcome } from '#libs/settings';
import { table } from './table.ts';

interface ImportOptions {
  readonly to: string;
  readonly dataDir: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const outcomes: readonly ImportOutcome[] = ['honoured', 'changed', 'refused', 'later', 'ignored'];

/** Writes the new file, then says what became of the old lines: each that is not just as it was. */
export async function importOldSettings(from: string, options: ImportOptions): Promise<void> {
  const { to, dataDir, force = false, json = false } = options;
  const rows = await importSettingsFile({ from, to, dataDir, force });
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const changed = rows.filter(({ outcome }) => outcome !== 'honoured');
  const lines = table(
    ['line', 'setting', '', 'why'],
    changed.map(({ line, section, key, outcome, reason }) => [
      `${line}`,
      `[${section}] ${key}`,
      outcome,
      reason,
    ]),
  );
  const counts = outcomes.map((outcome) => {
    const { length } = rows.filter((row) => row.outcome === outcome);
    return `${length} ${outcome}`;
  });
  process.stdout.write([...lines, `${to}: ${counts.join(', ')}`, ''].join('\n'));
}
