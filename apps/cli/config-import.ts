import { stat } from 'node:fs/promises';
import path from 'node:path';
import { giveTo, ifThere, makeFolder, ownerOf } from '#libs/files';
import { bytes } from '#libs/pages';
import { importSettingsFile, type ImportOutcome, type ImportRow } from '#libs/settings';
import { findOldHome, importFiles, type ImportedTree } from './import-files.ts';
import { table } from './table.ts';

interface ImportOptions {
  readonly to: string;
  readonly dataDir: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const outcomes: readonly ImportOutcome[] = ['honoured', 'changed', 'refused', 'ignored'];

/**
 * Writes the new file, then says what became of the old lines: each that is not just as it was. From a folder it brings
 * the files of its trees as well; exit 3 when one of them could not come.
 */
export async function importOldSettings(old: string, options: ImportOptions): Promise<void> {
  const { to, dataDir, force = false, json = false } = options;
  const home = (await ifThere(stat(old)))?.isDirectory() === true ? old : undefined;
  const from = home === undefined ? old : await findOldHome(home);
  const moveAll = home !== undefined;
  const owner = await ownerOf(to);
  const made = await makeFolder(path.dirname(path.resolve(to)));
  const rows = await importSettingsFile({ from, to, dataDir, force, moveAll });
  await giveTo(owner, [...made, to]);
  if (!json) printSettings(rows, to);
  const trees = home === undefined ? undefined : await importFiles(home, to);
  if (json) process.stdout.write(`${JSON.stringify(trees ? { settings: rows, trees } : rows)}\n`);
  else if (trees) printTrees(trees);
  if (trees?.some(({ left }) => left.length > 0) === true) process.exitCode = 3;
}

function printSettings(rows: readonly ImportRow[], to: string): void {
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

const shown = 20;

function printTrees(trees: readonly ImportedTree[]): void {
  const rows = trees.map(({ folder, into, copied, bytes: size, there, left }) => [
    folder,
    into,
    `${copied}`,
    bytes(size),
    `${there}`,
    `${left.length}`,
  ]);
  const head = ['folder', 'now in', 'brought', '', 'there already', 'left'];
  const left = trees.flatMap((tree) =>
    tree.left.map(({ name, why }) => `${tree.folder}/${name}: ${why}`),
  );
  const notes = trees.flatMap(({ notes: said }) => said);
  const more = left.length > shown ? [`and ${left.length - shown} more`] : [];
  const lines = ['', ...table(head, rows), ...notes, ...left.slice(0, shown), ...more];
  process.stdout.write(`${lines.join('\n')}\n`);
}
