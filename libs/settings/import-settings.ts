import { pathsOf, type Paths } from '#libs/files';
import { knownSections, meaningOf, type KnownSetting } from './catalogue.ts';
import type { IniEntry, IniFile } from './ini-file.ts';
import { sameName } from './ini-line.ts';
import { flavour, isForeign, originOf } from './paths.ts';
import { isKnownPassword } from './safety-rules.ts';

/**
 * What became of a line of an old settings file. honoured: works as it did; changed: works, but not to the letter;
 * refused: turned off, for safety; ignored: kept, and unknown.
 */
export type ImportOutcome = 'honoured' | 'changed' | 'refused' | 'ignored';

export interface ImportRow {
  readonly line: number;
  readonly section: string;
  readonly key: string;
  readonly outcome: ImportOutcome;
  /** How or why; empty when there is nothing to say. */
  readonly reason: string;
}

export interface ImportOptions {
  /** Folder of the old file: its relative paths count from there. */
  readonly oldFolder: string;
  /** Folder of the trees, in place of paths of another system. */
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
  /** The files move as well: every path gets its place in or beside `dataDir`. */
  readonly moveAll?: boolean | undefined;
}

/** Make an old settings file work here: changes `ini` in place, line by line, so that comments and order stay. */
export function importSettings(ini: IniFile, options: ImportOptions): ImportRow[] {
  const seen = new Set<KnownSetting>();
  const rows = ini.strays().map((stray): ImportRow => {
    ini.commentOut(stray.line);
    const reason = 'is neither comment, section nor Key=value; it is a comment now';
    return { line: stray.line, section: '', key: '', outcome: 'changed', reason };
  });
  for (const entry of ini.entries()) {
    const { line, section, key } = entry;
    rows.push({ line, section, key, ...importEntry(ini, entry, seen, options) });
  }
  return rows.sort((one, other) => one.line - other.line);
}

type Verdict = Pick<ImportRow, 'outcome' | 'reason'>;

const verdict = (outcome: ImportOutcome, reason = ''): Verdict => ({ outcome, reason });

function importEntry(
  ini: IniFile,
  entry: IniEntry,
  seen: Set<KnownSetting>,
  options: ImportOptions,
): Verdict {
  const meaning = meaningOf(entry.section, entry.key);
  if (meaning === undefined) return importUnknown(ini, entry);
  const { setting, inFile } = meaning;
  if (seen.has(setting)) {
    ini.commentOut(entry.line);
    return verdict('changed', 'was set twice; the first line counts, and this is a comment now');
  }
  seen.add(setting);
  return (
    (inFile ? undefined : refuse(ini, entry, setting)) ??
    (inFile || setting.notes.path === true ? movePath(ini, entry, setting, options) : undefined) ??
    unchanged(setting, entry.value)
  );
}

function importUnknown(ini: IniFile, { section, line }: IniEntry): Verdict {
  if (section === '') {
    ini.commentOut(line);
    return verdict('changed', 'stood above the first [SECTION]; it is a comment now');
  }
  const known = knownSections.some((name) => sameName(name, section));
  return verdict('ignored', known ? 'is no setting of this section' : 'is in no known section');
}

/** What each password opens. */
const doors = new Map([
  ['FTP/SUPassword', 'EnableSU'],
  ['BACKUP_SERVERS/CustomFTPPwd', 'CustomFTP'],
]);

function refuse(ini: IniFile, entry: IniEntry, setting: KnownSetting): Verdict | undefined {
  const { section, key, value } = entry;
  const isOn = setting.notes.form.read(value) === true;
  if ((setting.ini === 'HTTPS/SSLV2' || setting.ini === 'HTTPS/SSLV3') && isOn) {
    ini.set(section, key, '0');
    return verdict('refused', 'this protocol is broken; now 0');
  }
  if (setting.ini === 'HTTPS/ClientAuth' && isOn && !ini.get(section, 'ClientCAFile')) {
    ini.set(section, key, '0');
    return verdict('refused', 'needs ClientCAFile, the authorities of the clients; now 0');
  }
  const door = doors.get(setting.ini);
  if (door === undefined || !isKnownPassword(value.trim())) return undefined;
  ini.set(section, key, '');
  if (ini.get(section, door) !== undefined) ini.set(section, door, '0');
  return verdict('refused', `everybody knows this password; removed, and ${door} is 0 now`);
}

function movePath(
  ini: IniFile,
  { section, key, value }: IniEntry,
  { notes }: KnownSetting,
  options: ImportOptions,
): Verdict | undefined {
  const old = value.trim();
  if (old === '') return undefined;
  const { oldFolder, dataDir, platform, moveAll = false } = options;
  const foreign = isForeign(old, platform);
  const paths = pathsOf(platform);
  if (foreign || moveAll) {
    const base = flavour(old, options).basename(old);
    const moved = newPlace({ base, key, place: notes.place, dataDir }, paths);
    ini.set(section, key, moved);
    const what = foreign ? `${old}, a path of ${originOf(platform)}` : old;
    return verdict('changed', `was ${what}; now ${moved}`);
  }
  if (paths.isAbsolute(old)) return undefined;
  const absolute = paths.resolve(oldFolder, old);
  ini.set(section, key, absolute);
  return verdict('changed', `was ${old}, counted from ${oldFolder}; now ${absolute}`);
}

interface MovedPath {
  /** Its last part. */
  readonly base: string;
  readonly key: string;
  readonly place: KnownSetting['notes']['place'];
  readonly dataDir: string;
}

function newPlace({ base, key, place, dataDir }: MovedPath, paths: Paths): string {
  if (sameName(key, 'DataDir')) return dataDir;
  if (place?.from === 'DataDir') return paths.join(dataDir, place.path);
  const folder = place === undefined ? 'certs' : paths.dirname(place.path);
  return paths.join(paths.dirname(dataDir), folder, base);
}

function unchanged({ notes }: KnownSetting, value: string): Verdict {
  const isOn = !['', '0'].includes(value.trim());
  if (notes.noEffect !== undefined && isOn) return verdict('refused', notes.noEffect);
  if (notes.changed !== undefined && isOn) return verdict('changed', notes.changed);
  return verdict('honoured');
}
