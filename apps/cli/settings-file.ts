import { access } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, writeDurably } from '#libs/files';
import { systemClock } from '#libs/lifecycle';
import { SettingsFile, type SettingsChanges } from '#libs/settings';
import { operator } from './audited.ts';

/** Everything beside the file itself; all else has its default. */
const starting = `# Settings of this Branchline server. All keys: docs/reference/settings.md
[Settings]
# Trees of files for telephones, Updates and backups; state, certs and log lie beside it
DataDir=data
`;

/** Make a settings file where there is none: everything in its own folder. */
export async function startingSettings(file: string): Promise<void> {
  try {
    await access(file);
  } catch {
    await makeFolder(path.dirname(path.resolve(file)));
    await writeDurably(file, starting, { mode: 0o640 });
  }
}

/**
 * Change single keys (`SECTION/Key`) of a settings file; comments, order and everything else stay, and what it said before
 * is kept in its history.
 * @throws as `SettingsFile.change`.
 */
export async function changeSettings(
  file: string,
  changes: SettingsChanges,
  why = 'a command',
): Promise<void> {
  await settingsFile(file).change(changes, { by: operator(), why });
}

/** The settings as a command of this environment sees them. */
export const settingsFile = (file: string): SettingsFile =>
  new SettingsFile({ file, env: process.env, now: () => systemClock.now() });
