import { access } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';
import { pathsOf, writeDurably } from '#libs/files';
import { importSettings, type ImportRow } from './import-settings.ts';
import { parseIni } from './ini-file.ts';
import { understand } from './load-settings.ts';
import { SettingsError } from './settings-error.ts';
import { encodeText, readSettingsText } from './settings-text.ts';

export interface ImportFileOptions {
  /** The old MV_IPTel.ini; it is only read. */
  readonly from: string;
  readonly to: string;
  /** Replace `to` when it exists. */
  readonly force: boolean;
  /** Folder of the trees, in place of paths of another system. */
  readonly dataDir: string;
  readonly platform?: NodeJS.Platform;
  /** The files move as well: every path gets its place in or beside `dataDir`. */
  readonly moveAll?: boolean | undefined;
}

/** Readable by the service's group: passwords may be in it. */
const mode = 0o640;

/**
 * Write a settings file for this server from one of the former product.
 * @throws SettingsError, with lines of the old file, when it holds what only its owner can decide; BranchlineError
 *   USAGE when `to` exists, SETTINGS_UNREADABLE, or of `writeDurably`. Then nothing is written.
 */
export async function importSettingsFile(options: ImportFileOptions): Promise<ImportRow[]> {
  const { from, to, force, dataDir, platform = process.platform, moveAll } = options;
  const { text, encoding } = await readSettingsText(from);
  if (!force && (await exists(to))) {
    throw new BranchlineError('USAGE', `${to} exists; --force replaces it, or name another file`);
  }
  const ini = parseIni(text);
  const paths = pathsOf(platform);
  const rows = importSettings(ini, {
    oldFolder: paths.dirname(paths.resolve(from)),
    dataDir: paths.resolve(dataDir),
    platform,
    moveAll,
  });
  const imported = ini.toString();
  try {
    await understand(parseIni(imported), to, { env: {}, platform, forServing: true });
  } catch (error) {
    // No line was added or removed: the faults stand on the same lines of the old file.
    if (error instanceof SettingsError) throw new SettingsError(from, error.faults);
    throw error;
  }
  await writeDurably(to, encodeText({ text: imported, encoding }), { mode });
  return rows;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
