import { fileKey, meaningOf, spellings } from './catalogue.ts';
import { parseIni, type IniFile } from './ini-file.ts';

/** What a key is to be, as a settings file says it; undefined removes it. */
export type SettingsChanges = Readonly<Record<string, string | undefined>>;

/**
 * Change single keys, given as `SECTION/Key`, in the text of a settings file: everything else stays byte for byte.
 * A key that stands there in another spelling keeps it.
 * @throws BranchlineError SETTINGS_INVALID when a line of an INI file cannot hold a value.
 */
export function editedText(text: string, changes: SettingsChanges): string {
  const ini = parseIni(text);
  for (const [name, value] of Object.entries(changes)) change(ini, name, value);
  return ini.toString();
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
