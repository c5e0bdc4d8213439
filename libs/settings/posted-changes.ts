import { knownSettings, type KnownSetting } from './catalogue.ts';
import type { SettingsChanges } from './edit-settings.ts';
import { writeValue } from './form.ts';
import type { SettingsField, SettingsForm } from './settings-form.ts';
import type { SettingsFault } from './settings-error.ts';
import { complaint } from './values.ts';

/** What came back for one field of a form. */
export interface PostedField {
  /** Nothing = the default, and for a secret: as it is. */
  readonly value: string;
  /** Take a secret away. */
  readonly remove?: boolean;
  /** Set it to nothing, where that is a choice of its own. */
  readonly empty?: boolean;
}

/**
 * What a filled form changes: only what says something else than the file does, so that `1` and `yes` are left alone.
 * What a line of a file cannot hold, and what is given elsewhere, becomes a fault.
 */
export function postedChanges(
  form: SettingsForm,
  posted: ReadonlyMap<string, PostedField>,
): { readonly changes: SettingsChanges; readonly faults: readonly SettingsFault[] } {
  const changes: Record<string, string | undefined> = {};
  const faults: SettingsFault[] = [];
  const fields = new Map<string, SettingsField>(
    form.sections.flatMap((section) => section.fields).map((field) => [field.name, field]),
  );
  for (const [name, filled] of posted) {
    const field = fields.get(name);
    const known = knownSettings.find(({ ini }) => ini === name);
    if (field === undefined || known === undefined) {
      faults.push({ section: '', key: name, message: 'is no setting of this server' });
      continue;
    }
    const wanted = wantedOf(field, known, filled);
    if (wanted === 'as it is') continue;
    const message = refusal(field, known, wanted.text);
    if (message === undefined) changes[name] = wanted.text;
    else faults.push({ section: field.section, key: field.key, message });
  }
  return { changes, faults };
}

function wantedOf(
  field: SettingsField,
  known: KnownSetting,
  { value, remove, empty }: PostedField,
): 'as it is' | { readonly text: string | undefined } {
  if (field.kind === 'secret') {
    if (remove === true && field.isSet) return { text: undefined };
    return value === '' ? 'as it is' : { text: value };
  }
  if (empty === true && field.empty !== '') {
    return field.written?.trim() === '' ? 'as it is' : { text: '' };
  }
  if (value.trim() === '') {
    const saysNothing = field.written === undefined || isIdle(field);
    return saysNothing ? 'as it is' : { text: undefined };
  }
  return field.written !== undefined && sameMeaning(known, field.written, value)
    ? 'as it is'
    : { text: value };
}

/** `Key=` where nothing is as good as no line. */
const isIdle = ({ written, empty, kind }: SettingsField): boolean =>
  written?.trim() === '' && empty === '' && kind === 'text';

function refusal(
  { givenBy }: SettingsField,
  known: KnownSetting,
  text: string | undefined,
): string | undefined {
  if (givenBy?.from === 'environment') {
    return `is given by the environment variable ${givenBy.variable}: change it there`;
  }
  if (givenBy !== undefined) return `stands in the file ${givenBy.path}: change it there`;
  return text !== undefined && /[\r\n]/.test(text) ? complaint(known, text) : undefined;
}

function sameMeaning({ notes }: KnownSetting, one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [notes.form.read(one), notes.form.read(other)];
  if (first === undefined || second === undefined) return one.trim() === other.trim();
  return writeValue(first) === writeValue(second);
}
