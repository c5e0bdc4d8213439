import { serverCatalogue, spellings, type Catalogue, type Meaning } from './catalogue.ts';
import type { Findings, Subject } from './findings.ts';
import type { IniFile } from './ini-file.ts';
import { plainName, sameName } from './ini-line.ts';
import { nearest } from './nearest.ts';
import type { IniName } from './setting.ts';

/** A value that somebody gave a setting, as it was written. */
export interface Assignment extends Subject {
  readonly meaning: Meaning;
  readonly text: string;
}

export type Assignments = Map<IniName, Assignment>;

/** What each setting is given in the file; the first of several lines counts. */
export function fileAssignments(
  ini: IniFile,
  findings: Findings,
  catalogue: Catalogue = serverCatalogue,
): Assignments {
  const { sections } = catalogue;
  for (const { kind, line } of ini.strays()) {
    const subject: Subject = { section: '', key: '', source: { from: 'file', line } };
    if (kind === 'wrapped') {
      findings.warn(subject, 'is taken for the rest of the comment above; put # in front of it');
    } else {
      findings.fault(
        subject,
        'is neither [SECTION], Key=value nor a comment; put # in front of it',
      );
    }
  }
  for (const { name, line } of ini.sections()) {
    if (sections.some((known) => sameName(known, name))) continue;
    const subject: Subject = { section: name, key: '', source: { from: 'file', line } };
    findings.warn(subject, `is no section of this server${hint(name, sections)}`);
  }
  const assignments: Assignments = new Map();
  for (const { section, key, value, line } of ini.entries()) {
    const subject: Subject = { section, key, source: { from: 'file', line } };
    const meaning = catalogue.meaningOf(section, key);
    if (meaning !== undefined) assign(assignments, { ...subject, meaning, text: value }, findings);
    else if (section === '') findings.fault(subject, 'stands above the first [SECTION]');
    else if (sections.some((known) => sameName(known, section))) {
      const close = hintForKey(section, key, catalogue);
      findings.warn(subject, `is no setting of this section${close}`);
    }
  }
  return assignments;
}

const variableOf = ({ prefix }: Catalogue, section: string, key: string): string =>
  `${prefix}${plainName(section)}_${plainName(key)}`.toUpperCase();

/** What the environment gives: `BRANCHLINE_<SECTION>_<KEY>`. An empty variable is as good as none. */
export function environmentAssignments(
  env: Readonly<Record<string, string | undefined>>,
  findings: Findings,
  catalogue: Catalogue = serverCatalogue,
): Assignments {
  const assignments: Assignments = new Map();
  for (const [variable, text = ''] of Object.entries(env)) {
    const found = text === '' ? undefined : splitVariable(variable, catalogue);
    if (found === undefined) continue;
    const { section, key, meaning } = found;
    const subject: Subject = { section, key, source: { from: 'environment', variable } };
    if (meaning !== undefined) assign(assignments, { ...subject, meaning, text }, findings);
    else {
      const close = hintForKey(section, key, catalogue);
      findings.warn(subject, `is no setting of this section${close}`);
    }
  }
  return assignments;
}

/** What a program's own options give, by `SECTION/Key`. */
export function overrideAssignments(
  overrides: Readonly<Record<string, string>>,
  findings: Findings,
): Assignments {
  const assignments: Assignments = new Map();
  for (const [name, text] of Object.entries(overrides)) {
    const slash = name.indexOf('/');
    const [section, key] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
    const subject: Subject = { section, key, source: { from: 'override' } };
    const meaning = serverCatalogue.meaningOf(section, key);
    if (meaning === undefined) findings.fault(subject, 'is no setting');
    else assign(assignments, { ...subject, meaning, text }, findings);
  }
  return assignments;
}

function assign(assignments: Assignments, added: Assignment, findings: Findings): void {
  const { setting, inFile } = added.meaning;
  const first = assignments.get(setting.ini);
  if (first === undefined) {
    assignments.set(setting.ini, added);
    return;
  }
  const where =
    first.source.from === 'file' ? `on line ${first.source.line} as ${first.key}` : first.key;
  if (first.meaning.inFile === inFile && first.text.trim() === added.text.trim()) {
    findings.warn(added, `is set already ${where}; remove one of them`);
  } else {
    findings.fault(added, `is set already ${where}, to another value; keep one of them`);
  }
}

interface SplitVariable {
  readonly section: string;
  readonly key: string;
  readonly meaning: Meaning | undefined;
}

/** Undefined when the variable is not about a section of ours. */
function splitVariable(variable: string, catalogue: Catalogue): SplitVariable | undefined {
  const before = (name: string): string => variableOf(catalogue, name, '');
  const section = catalogue.sections.find((name) => variable.startsWith(before(name)));
  if (section === undefined) return undefined;
  const rest = variable.slice(before(section).length);
  const meaning = catalogue.meaningOf(section, rest);
  const inFile = meaning?.inFile === true ? 'File' : '';
  const key = meaning === undefined ? rest : `${meaning.setting.key}${inFile}`;
  return { section, key, meaning };
}

function hintForKey(section: string, key: string, catalogue: Catalogue): string {
  const here = catalogue.settings.filter((known) => sameName(known.section, section));
  const close = nearest(plainName(key), here.flatMap(spellings));
  if (close !== undefined) return `; did you mean ${close}?`;
  const elsewhere = catalogue.sections.find((name) => catalogue.meaningOf(name, key) !== undefined);
  return elsewhere === undefined ? '' : `; it belongs into [${elsewhere}]`;
}

function hint(written: string, names: readonly string[]): string {
  const close = nearest(written, names);
  return close === undefined ? '' : `; did you mean ${close}?`;
}
