import { knownSettings, meaningOf, spellings } from './catalogue.ts';
import type { IniFile } from './ini-file.ts';
import { plainName, printLine, type IniLine } from './ini-line.ts';
import { nearest } from './nearest.ts';

const hidden = '********';

const secretWords = [
  ...new Set(knownSettings.filter(({ notes }) => notes.secret === true).flatMap(spellings)),
];

/** The name of a secret in a line that is no setting, such as one that is commented out, and what follows it. */
const mentioned = new RegExp(String.raw`^(.*?\b(?:${secretWords.join('|')})\b\s*[=:]?).*\S`, 'i');

/** A name that was mistyped, or is nobody's, must not show what it holds. */
const looksSecret = (key: string): boolean =>
  /pass|pwd|secret|token|communit/i.test(key) || nearest(plainName(key), secretWords) !== undefined;

/** The lines of a settings file, without their ends, fit for showing: secrets are masked, also in comments. */
export function linesWithoutSecrets(ini: IniFile): string[] {
  let section = '';
  return ini.lines().map((line) => {
    if (line.kind === 'section') section = line.name;
    return shown(line, section);
  });
}

function shown(line: IniLine, section: string): string {
  const whole = printLine({ ...line, end: '' });
  if (line.kind === 'blank' || line.kind === 'section') return whole;
  if (line.kind !== 'entry') return whole.replace(mentioned, `$1 ${hidden}`);
  if (line.value.trim() === '') return whole;
  const meaning = meaningOf(section, line.key);
  if (meaning === undefined) return looksSecret(line.key) ? line.lead + hidden : whole;
  const { secret, mask } = meaning.setting.notes;
  if (secret !== true || meaning.inFile) return whole;
  return line.lead + (mask === undefined ? hidden : mask(line.value));
}
