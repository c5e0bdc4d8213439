import type { TSchema } from 'typebox';
import { plainName } from './ini-line.ts';
import { settingsSchema } from './schema.ts';
import type { IniName, Setting } from './setting.ts';

/** One setting, with its places in the file and in the values. */
export interface KnownSetting {
  readonly group: string;
  readonly name: string;
  readonly ini: IniName;
  readonly section: string;
  readonly key: string;
  readonly schema: Setting<TSchema>;
  readonly notes: Setting<TSchema>['notes'];
  readonly initial: unknown;
  readonly description: string;
}

/** Every setting, in the order of the schema. */
export const knownSettings: readonly KnownSetting[] = Object.entries(
  settingsSchema.properties,
).flatMap(([group, { properties }]) =>
  Object.entries(properties).map(([name, schema]: [string, Setting<TSchema>]) => {
    const { notes } = schema;
    const slash = notes.ini.indexOf('/');
    return {
      group,
      name,
      ini: notes.ini,
      section: notes.ini.slice(0, slash),
      key: notes.ini.slice(slash + 1),
      schema,
      notes,
      initial: 'default' in schema ? schema.default : undefined,
      description:
        'description' in schema && typeof schema.description === 'string' ? schema.description : '',
    };
  }),
);

/** Sections in the spelling that this server writes. */
export const knownSections: readonly string[] = [
  ...new Set(knownSettings.map((known) => known.section)),
];

/** A key of a file or the rest of a variable's name, understood. */
export interface Meaning {
  readonly setting: KnownSetting;
  /** True for `<Key>File`: the value is the path of a file that holds the secret. */
  readonly inFile: boolean;
}

/** Every spelling of a setting's key; that of this server first. */
export const spellings = ({ key, notes }: KnownSetting): readonly string[] => [
  key,
  ...(notes.aliases ?? []),
];

/** The key that names a file with the secret in it. */
export const fileKey = (key: string): string => `${key}File`;

const plainPlace = (section: string, key: string): string =>
  `${plainName(section)}/${plainName(key)}`;

const meanings = new Map<string, Meaning>();
for (const setting of knownSettings) {
  for (const key of spellings(setting)) {
    meanings.set(plainPlace(setting.section, key), { setting, inFile: false });
    if (setting.notes.secret !== true) continue;
    meanings.set(plainPlace(setting.section, fileKey(key)), { setting, inFile: true });
  }
}

/** What a key in a section means; letter case and spaces do not count, nor does the Guide's choice of spelling. */
export const meaningOf = (section: string, key: string): Meaning | undefined =>
  meanings.get(plainPlace(section, key));
