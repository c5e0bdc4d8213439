import { BranchlineError } from '#libs/errors';

/** Where a value comes from, the weakest first. */
export type Source =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'override' };

/** One thing wrong with the settings, or, as a warning, one thing that the operator should know. */
export interface SettingsFault {
  /** In the settings file, from 1; without one it is about the whole file, or about another source. */
  readonly line?: number;
  /** Environment variable, when the value came from one. */
  readonly variable?: string;
  readonly section: string;
  readonly key: string;
  /** What is wrong and what to do. Never holds a secret. */
  readonly message: string;
}

/** SETTINGS_INVALID with everything that is wrong, at once. The message has one line per fault. */
export class SettingsError extends BranchlineError {
  readonly file: string;
  readonly faults: readonly SettingsFault[];
  readonly warnings: readonly SettingsFault[];

  constructor(
    file: string,
    faults: readonly SettingsFault[],
    warnings: readonly SettingsFault[] = [],
  ) {
    super('SETTINGS_INVALID', faults.map((fault) => faultLine(file, fault)).join('\n'));
    this.file = file;
    this.faults = faults;
    this.warnings = warnings;
  }
}

/** `FILE:LINE: [SECTION] Key: sentence`, the form that editors jump to; `kind` goes before the section. */
export function faultLine(file: string, fault: SettingsFault, kind = ''): string {
  const inFile = fault.line === undefined ? file : `${file}:${fault.line}`;
  const section = fault.section === '' ? '' : `[${fault.section}]`;
  const subject = [section, fault.key].filter((part) => part !== '').join(' ');
  return [fault.variable ?? inFile, kind, subject, fault.message]
    .filter((part) => part !== '')
    .join(': ');
}

/** The file, and environment variables, that a fault points to. */
export function sourcePlace(source: Source): Pick<SettingsFault, 'line' | 'variable'> {
  if (source.from === 'file') return { line: source.line };
  if (source.from === 'environment') return { variable: source.variable };
  return {};
}
