import {
  knownSections,
  knownSettings,
  serverCatalogue,
  type Catalogue,
  type KnownSetting,
} from './catalogue.ts';
import { writeValue } from './form.ts';
import { watchdogCatalogue } from './watchdog-settings.ts';

/** One setting in words, for documentation and forms. */
export interface SettingRow {
  readonly section: string;
  readonly key: string;
  /** Other spellings that are read. */
  readonly aliases: readonly string[];
  /** What a value looks like. */
  readonly expects: string;
  /** As a settings file says it, or in words where it is found out at the start. */
  readonly default: string;
  readonly description: string;
  /** True when a change counts after a restart. */
  readonly restart: boolean;
  readonly secret: boolean;
  /** What an empty value stands for, where that is a choice of its own; else empty. */
  readonly empty: string;
  /** Why it is never acted on; else empty. */
  readonly noEffect: string;
}

export const describeSettings = (): SettingRow[] => rowsOf(serverCatalogue);

/** The settings of the watchdog: MV_WatchDog.ini. */
export const describeWatchdogSettings = (): SettingRow[] => rowsOf(watchdogCatalogue);

const rowsOf = ({ settings }: Catalogue): SettingRow[] =>
  settings.map((known) => ({
    section: known.section,
    key: known.key,
    aliases: known.notes.aliases ?? [],
    expects: known.notes.form.expects,
    default: defaultInWords(known),
    description: known.description,
    restart: known.notes.restart ?? true,
    secret: known.notes.secret ?? false,
    empty: known.notes.empty ?? '',
    noEffect: known.notes.noEffect ?? '',
  }));

/** JSON Schema (draft 2020-12) of `config show --json`: an object of sections, each an object of keys. */
export function jsonSchema(): object {
  const properties = knownSections.map((section): [string, object] => {
    const inSection = knownSettings.filter((known) => known.section === section);
    const keys = inSection.map((known): [string, object] => [known.key, jsonSchemaOf(known)]);
    return [section, { type: 'object', properties: Object.fromEntries(keys) }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Branchline settings',
    type: 'object',
    properties: Object.fromEntries(properties),
  };
}

function jsonSchemaOf({ schema, notes }: KnownSetting): object {
  const keywords: [string, unknown][] = Object.entries(schema);
  const plain = Object.fromEntries(keywords.filter(([keyword]) => keyword !== 'notes'));
  return {
    ...plain,
    ...(notes.secret === true && { writeOnly: true }),
    ...(notes.aliases !== undefined && { 'x-aliases': notes.aliases }),
    'x-restart': notes.restart ?? true,
  };
}

/** As a settings file says it, or in words where it is found out at the start; with backticks around code. */
export function defaultInWords({ initial, notes }: KnownSetting): string {
  if (notes.otherwise !== undefined) return notes.otherwise;
  if (notes.place === undefined)
    return writeValue(initial) === '' ? '–' : `\`${writeValue(initial)}\``;
  const { from, path } = notes.place;
  return from === 'DataDir' ? `\`DataDir/${path}\`` : `\`${path}\` beside \`DataDir\``;
}
