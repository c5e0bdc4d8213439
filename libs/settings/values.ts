import path from 'node:path';
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import type { Assignments } from './assignments.ts';
import { serverCatalogue, type Catalogue, type KnownSetting } from './catalogue.ts';
import type { Findings } from './findings.ts';
import { settingsSchema, type SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';
import { decodeText, readAtMost } from './settings-text.ts';

/** Values that were given and understood; what is missing takes its default. */
export type Given = Map<IniName, unknown>;

const maxSecretBytes = 4096;

/** Replace `<Key>File=` by what the file holds, without the line end that editors add. */
export async function readSecretFiles(
  assignments: Assignments,
  folder: string,
  findings: Findings,
): Promise<{ readonly assignments: Assignments; readonly unread: ReadonlySet<IniName> }> {
  const read: Assignments = new Map();
  const unread = new Set<IniName>();
  for (const [ini, assignment] of assignments) {
    if (!assignment.meaning.inFile) {
      read.set(ini, assignment);
      continue;
    }
    try {
      const text = await readSecret(path.resolve(folder, assignment.text.trim()));
      read.set(ini, { ...assignment, text });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      findings.fault(assignment, `names a file that cannot be used: ${why}`);
      unread.add(ini);
    }
  }
  return { assignments: read, unread };
}

async function readSecret(file: string): Promise<string> {
  const { text } = decodeText(await readAtMost(file, maxSecretBytes));
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new Error(`${file} is empty`);
  return secret;
}

/** The values of what was given. What is not in the form of its setting becomes a fault. */
export function readValues(
  assignments: Assignments,
  findings: Findings,
): { readonly given: Given; readonly misread: ReadonlySet<IniName> } {
  const given: Given = new Map();
  const misread = new Set<IniName>();
  for (const [ini, assignment] of assignments) {
    const { setting } = assignment.meaning;
    const { text } = assignment;
    if (text.trim() === '' && mayBeEmpty(setting)) {
      if (setting.notes.empty !== undefined) given.set(ini, '');
      continue;
    }
    const value = holdsControls(text) ? undefined : setting.notes.form.read(text);
    if (value !== undefined && Check(setting.schema, value)) given.set(ini, value);
    else {
      misread.add(ini);
      findings.fault(assignment, complaint(setting, text));
    }
  }
  return { given, misread };
}

/** All values in the shape of the schema. */
export function assemble(given: ReadonlyMap<IniName, unknown>): SettingsValues {
  return assembleAs(settingsSchema, serverCatalogue, given);
}

/** All values in the shape of a schema, of which the catalogue has all settings. */
export function assembleAs<S extends TSchema>(
  schema: S,
  { settings }: Catalogue,
  given: ReadonlyMap<IniName, unknown>,
): Static<S> {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const { group, name, ini, initial } of settings) {
    (groups[group] ??= {})[name] = given.get(ini) ?? structuredClone(initial);
  }
  if (Check(schema, groups)) return groups;
  throw new BranchlineError('INTERNAL', 'a default of a setting does not fit its own schema');
}

const mayBeEmpty = ({ schema }: KnownSetting): boolean =>
  'type' in schema && schema.type === 'string';

const maxShown = 60;

/** Why `text` is no value of a setting; never holds a secret. */
export function complaint({ notes }: KnownSetting, text: string): string {
  const why = notes.form.why?.(text);
  const needs = `needs ${notes.form.expects}${why === undefined ? '' : `: ${why}`}`;
  if (notes.secret === true) return needs;
  if (text.trim() === '') return `${needs}, and is empty`;
  if (holdsControls(text)) return `${needs}, and holds a control character`;
  const shown = text.trim();
  const quoted = shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown;
  const comment = /\s[#;]/.test(shown) ? '; a comment needs a line of its own' : '';
  return `${needs}, not "${quoted}"${comment}`;
}

/** Tabs are spaces; anything else below a space has no place in a value. */
const holdsControls = (text: string): boolean => /[^\P{Cc}\t]/u.test(text);
