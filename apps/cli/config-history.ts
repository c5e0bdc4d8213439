import { BranchlineError } from '#libs/errors';
import { diffCount, type DiffLine, type SettingsFile, type SettingsVersion } from '#libs/settings';
import { asServerUser } from './as-server-user.ts';
import { operator } from './audited.ts';
import { printRows } from './print-rows.ts';
import { settingsFile } from './settings-file.ts';
import { printable } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

/** Lists what the settings file has said, latest first. */
export async function showHistory(
  file: string | undefined,
  { config, json }: Options,
): Promise<void> {
  const versions = (await (await opened(file ?? config)).history()).toReversed();
  const rows = versions.map(({ number, at, by, why, sha256 }) => ({
    ...{ number, at: new Date(at).toISOString(), by, why, sha256 },
  }));
  const head = ['VERSION', 'SINCE', 'BY', 'WHY'];
  printRows(json, rows, head, ({ number, at, by, why }) => [String(number), at, by, why]);
}

/** Its history is made by the first look: as the server's user, who has to read it. */
async function opened(file: string): Promise<SettingsFile> {
  await asServerUser(file);
  return settingsFile(file);
}

interface DiffOptions extends Options {
  readonly from?: string;
  readonly to?: string;
}

/** Prints the lines in which two versions differ; nobody sees a secret in it. */
export async function showDiff(
  file: string | undefined,
  { config, json, from, to }: DiffOptions,
): Promise<void> {
  const settings = await opened(file ?? config);
  const versions = await settings.history();
  const newer = to === undefined ? versions.at(-1)?.number : versionNumber(to);
  const older = from === undefined ? before(versions, newer) : versionNumber(from);
  if (newer === undefined || older === undefined) throw nothingBefore(settings.file);
  const lines = await settings.diff(older, newer);
  if (json === true) {
    const answer = { from: older, to: newer, ...diffCount(lines), lines };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  process.stdout.write(`--- version ${older}\n+++ version ${newer}\n`);
  for (const line of lines) process.stdout.write(`${inWords(line)}\n`);
}

/** Writes an earlier version back; it is kept what that replaces. */
export async function undoChange(
  file: string | undefined,
  { config, json, to }: Options & { readonly to?: string },
): Promise<void> {
  const settings = await opened(file ?? config);
  const versions = await settings.history();
  const now = versions.at(-1)?.number;
  const number = to === undefined ? before(versions, now) : versionNumber(to);
  if (now === undefined || number === undefined) throw nothingBefore(settings.file);
  const changed = await settings.undo(number, {
    by: operator(),
    why: `config undo, back to version ${number}`,
  });
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ file: settings.file, version: number, changed })}\n`);
    return;
  }
  process.stdout.write(
    changed
      ? `${settings.file} says again what version ${number} said; restart the server for it to count\n`
      : `${settings.file} says that already: nothing was changed\n`,
  );
}

const signs = { same: ' ', added: '+', removed: '-' } as const;

const inWords = (line: DiffLine): string =>
  line.kind === 'gap'
    ? `@@ ${line.lines} equal lines @@`
    : `${signs[line.kind]}${printable(line.text)}`;

const before = (versions: readonly SettingsVersion[], number = 0): number | undefined =>
  versions.findLast((version) => version.number < number)?.number;

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new BranchlineError(
    'USAGE',
    `${JSON.stringify(text)} is no version: "branchline config history" lists their numbers`,
  );
}

const nothingBefore = (file: string): BranchlineError =>
  new BranchlineError('NOT_FOUND', `${file} has no earlier version: nothing has changed it yet`);
