import { access } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, writeDurably } from '#libs/files';
import { editSettings, type SettingsChanges } from '#libs/settings';

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

/** Change single keys (`SECTION/Key`) of a settings file; comments, order and everything else stay. */
export async function changeSettings(file: string, changes: SettingsChanges): Promise<void> {
  await editSettings(file, changes);
}
