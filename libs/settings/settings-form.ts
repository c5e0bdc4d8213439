import { fileKey, knownSettings, meaningOf, spellings, type KnownSetting } from './catalogue.ts';
import { defaultInWords } from './describe-settings.ts';
import { writeValue } from './form.ts';
import { parseIni, type IniFile } from './ini-file.ts';
import { listValues, type ShownValue } from './list-values.ts';
import { sectionWords } from './section-words.ts';
import type { IniName } from './setting.ts';
import type { SettingsFault } from './settings-error.ts';
import type { SettingsReading } from './settings-file.ts';

/** One setting, ready to be asked for. A secret is never in it. */
export interface SettingsField {
  readonly name: IniName;
  readonly section: string;
  /** As the file spells it, else as this server does. */
  readonly key: string;
  /** Other spellings that are read: those of the Guide's samples. */
  readonly aliases: readonly string[];
  readonly kind: 'flag' | 'choice' | 'secret' | 'number' | 'text';
  /** All values of a choice. */
  readonly choices: readonly string[];
  /** Completes "needs …". */
  readonly expects: string;
  readonly description: string;
  /** What it is when nobody sets it, in words. */
  readonly default: string;
  /** What the file says, to the letter; undefined when it says nothing, and for a secret. */
  readonly written: string | undefined;
  /** True when the file sets it. */
  readonly isSet: boolean;
  /** What counts here, as a file would say it; masked for a secret. */
  readonly counts: string;
  /** True when that is another value than the default. */
  readonly differs: boolean;
  /** Where it is given instead of in the file: it can only be changed there. */
  readonly givenBy:
    | { readonly from: 'environment'; readonly variable: string }
    | { readonly from: 'secret file'; readonly path: string }
    | undefined;
  /** True when a change counts after a restart. */
  readonly restart: boolean;
  /** What an empty value stands for, where that is a choice of its own; else empty. */
  readonly empty: string;
  /** Why it is not acted on; else empty. */
  readonly noEffect: string;
}

export interface SettingsSection {
  readonly name: string;
  readonly words: string;
  readonly fields: readonly SettingsField[];
}

/** A settings file as a form. */
export interface SettingsForm {
  readonly file: string;
  /** What a change must show, so that it meets the file that was seen. */
  readonly version: string;
  readonly sections: readonly SettingsSection[];
  readonly faults: readonly SettingsFault[];
  readonly warnings: readonly SettingsFault[];
}

export function settingsForm({ text, version, meaning }: SettingsReading): SettingsForm {
  const ini = parseIni(text);
  const { settings, faults } = meaning;
  const shown = listValues(settings);
  const fields = knownSettings.map((known, n) => fieldOf(known, ini, shown[n]));
  const sections = [...Map.groupBy(fields, ({ section }) => section)].map(([name, inside]) => ({
    name,
    words: sectionWords(name),
    fields: inside,
  }));
  return { file: settings.file, version, sections, faults, warnings: settings.warnings };
}

/** The field that a fault is about, however its key is spelled; undefined when it is about the file. */
export const fieldOfFault = ({ section, key }: SettingsFault): IniName | undefined =>
  meaningOf(section, key)?.setting.ini;

function fieldOf(known: KnownSetting, ini: IniFile, shown: ShownValue | undefined): SettingsField {
  const { section, notes, initial } = known;
  const key = spellings(known).find((name) => ini.get(section, name) !== undefined);
  const written = key === undefined ? undefined : ini.get(section, key);
  const inFile = inSecretFile(known, ini);
  const secret = notes.secret === true;
  const source = shown?.source ?? { from: 'default' };
  return {
    name: known.ini,
    section,
    key: key ?? known.key,
    aliases: spellings(known).filter((name) => name !== (key ?? known.key)),
    kind: kindOf(known),
    choices: notes.form.choices ?? [],
    expects: notes.form.expects,
    description: known.description.replaceAll('`', ''),
    default: defaultInWords(known).replaceAll('`', ''),
    written: secret ? undefined : written,
    isSet: written !== undefined || inFile !== undefined,
    counts: shown?.written ?? '',
    differs: source.from !== 'default' && (secret || shown?.written !== writeValue(initial)),
    givenBy: givenBy(source, inFile),
    restart: notes.restart ?? true,
    empty: notes.empty ?? '',
    noEffect: notes.noEffect ?? '',
  };
}

function givenBy(source: ShownValue['source'], inFile: string | undefined) {
  if (source.from === 'environment') {
    return { from: 'environment', variable: source.variable } as const;
  }
  return inFile === undefined ? undefined : ({ from: 'secret file', path: inFile } as const);
}

function inSecretFile(known: KnownSetting, ini: IniFile): string | undefined {
  if (known.notes.secret !== true) return undefined;
  const paths = spellings(known).map((name) => ini.get(known.section, fileKey(name)));
  return paths.find((path) => path !== undefined)?.trim();
}

function kindOf({ schema, notes }: KnownSetting): SettingsField['kind'] {
  if (notes.secret === true) return 'secret';
  if (notes.form.choices !== undefined) return 'choice';
  const type = 'type' in schema ? schema.type : undefined;
  if (type === 'boolean') return 'flag';
  return type === 'integer' || type === 'number' ? 'number' : 'text';
}
