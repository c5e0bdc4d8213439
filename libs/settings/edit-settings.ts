import { writeDurably } from '#libs/files';
import { fileKey, meaningOf, spellings } from './catalogue.ts';
import { parseIni, type IniFile } from './ini-file.ts';
import { understand } from './load-settings.ts';
import { SettingsError, type SettingsFault } from './settings-error.ts';
import { encodeText, readSettingsText } from './settings-text.ts';

/** What a key is to be, as a settings file says it; undefined removes it. */
export type SettingsChanges = Readonly<Record<string, string | undefined>>;

/**
 * Change single keys, given as `SECTION/Key`, in a settings file, durably: everything else stays byte for byte.
 * A key that stands there in another spelling keeps it.
 * @throws SettingsError when the change brings a new fault, or BranchlineError SETTINGS_UNREADABLE or of
 *   `writeDurably`; then the file is as it was.
 */
export async function editSettings(file: string, changes: SettingsChanges): Promise<void> {
  const { text, encoding } = await readSettingsText(file);
  const edited = parseIni(text);
  for (const [name, value] of Object.entries(changes)) change(edited, name, value);
  const printed = edited.toString();
  if (printed === text) return;
  const added = await newFaults(parseIni(text), edited, file);
  if (added.length > 0) throw new SettingsError(file, added);
  await writeDurably(file, encodeText({ text: printed, encoding }));
}

/** Faults that were there before are no reason to refuse a change: it may be the first of several that mend them. */
async function newFaults(before: IniFile, after: IniFile, file: string): Promise<SettingsFault[]> {
  const old = new Set((await faultsOf(before, file)).map(subjectOf));
  return (await faultsOf(after, file)).filter((fault) => !old.has(subjectOf(fault)));
}

/** Without the line, which a change above it moves. */
const subjectOf = ({ section, key, message }: SettingsFault): string =>
  JSON.stringify([section, key, message]);

async function faultsOf(ini: IniFile, file: string): Promise<readonly SettingsFault[]> {
  try {
    // Without the environment: what it overrides today must be right in the file, too.
    await understand(ini, file, { env: {} });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

function change(ini: IniFile, name: string, value: string | undefined): void {
  const slash = name.indexOf('/');
  const [section, key] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  const meaning = meaningOf(section, key);
  const names = meaning === undefined ? [key] : spellings(meaning.setting);
  const written = meaning?.inFile === true ? names.map(fileKey) : names;
  if (value === undefined) {
    for (const spelling of written) ini.remove(section, spelling);
    return;
  }
  const present = written.find((spelling) => ini.get(section, spelling) !== undefined);
  ini.set(meaning?.setting.section ?? section, present ?? key, value);
}
