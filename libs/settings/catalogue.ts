import type { TObject, TSchema } from 'typebox';
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

/** A key of a file or the rest of a variable's name, understood. */
export interface Meaning {
  readonly setting: KnownSetting;
  /** True for `<Key>File`: the value is the path of a file that holds the secret. */
  readonly inFile: boolean;
}

/** Groups of settings, each an object of them. */
type Groups = Readonly<Record<string, TObject<Record<string, Setting<TSchema>>>>>;

/** Every spelling of a setting's key; that of this server first. */
export const spellings = ({ key, notes }: KnownSetting): readonly string[] => [
  key,
  ...(notes.aliases ?? []),
];

/** The key that names a file with the secret in it. */
export const fileKey = (key: string): string => `${key}File`;

const plainPlace = (section: string, key: string): string =>
  `${plainName(section)}/${plainName(key)}`;

/** The settings of one program: each program has a file of its own. */
export class Catalogue {
  /** Every setting, in the order of the schema. */
  readonly settings: readonly KnownSetting[];
  /** Sections in the spelling that this server writes. */
  readonly sections: readonly string[];
  /** What variables of the environment begin with. */
  readonly prefix: string;
  readonly #meanings = new Map<string, Meaning>();

  constructor(groups: Groups, prefix: string) {
    this.prefix = prefix;
    this.settings = Object.entries(groups).flatMap(([group, { properties }]) =>
      Object.entries(properties).map(([name, schema]) => known(group, name, schema)),
    );
    this.sections = [...new Set(this.settings.map(({ section }) => section))];
    for (const setting of this.settings) {
      for (const key of spellings(setting)) {
        this.#meanings.set(plainPlace(setting.section, key), { setting, inFile: false });
        if (setting.notes.secret !== true) continue;
        this.#meanings.set(plainPlace(setting.section, fileKey(key)), { setting, inFile: true });
      }
    }
  }

  /** What a key in a section means; letter case and spaces do not count, nor does the Guide's choice of spelling. */
  meaningOf(section: string, key: string): Meaning | undefined {
    return this.#meanings.get(plainPlace(section, key));
  }
}

function known(group: string, name: string, schema: Setting<TSchema>): KnownSetting {
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
}

/** Of the server and the manager: MV_IPTel.ini. */
export const serverCatalogue = new Catalogue(settingsSchema.properties, 'BRANCHLINE_');

export const knownSettings = serverCatalogue.settings;
export const knownSections = serverCatalogue.sections;

export const meaningOf = (section: string, key: string): Meaning | undefined =>
  serverCatalogue.meaningOf(section, key);
