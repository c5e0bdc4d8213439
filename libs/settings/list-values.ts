import { knownSettings } from './catalogue.ts';
import { writeValue } from './form.ts';
import type { Settings } from './load-settings.ts';
import type { SettingNotes } from './setting.ts';
import type { Source } from './settings-error.ts';

/** A setting and its value, fit for showing. */
export interface ShownValue {
  readonly section: string;
  readonly key: string;
  /** `********` for a secret that is set. */
  readonly value: unknown;
  /** The same as a settings file says it. */
  readonly written: string;
  readonly source: Source;
}

const masked = ({ mask }: SettingNotes, actual: unknown): string =>
  mask === undefined ? '********' : mask(String(actual));

/** Every setting with the value that counts, paths resolved, secrets masked; in the order of the schema. */
export function listValues({ values, sources }: Settings): ShownValue[] {
  const groups: Readonly<Record<string, Readonly<Record<string, unknown>>>> = values;
  return knownSettings.map(({ group, name, ini, section, key, notes }) => {
    const actual = groups[group]?.[name];
    const value = notes.secret === true && actual !== '' ? masked(notes, actual) : actual;
    const source = sources[ini] ?? { from: 'default' };
    return { section, key, value, written: writeValue(value), source };
  });
}
