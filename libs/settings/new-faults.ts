import type { IniFile } from './ini-file.ts';
import { interpret } from './load-settings.ts';
import type { SettingsFault } from './settings-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Faults that a change brings. Those that were there before are no reason to refuse it: it may be the first of several
 * that mend them. Judged without an environment, for what it overrides today must be right in the file, too, and in `env`.
 */
export async function newFaults(
  before: IniFile,
  after: IniFile,
  file: string,
  env: Environment = {},
): Promise<SettingsFault[]> {
  const old = new Set((await faultsOf(before, file, env)).map(subjectOf));
  return (await faultsOf(after, file, env)).filter((fault) => !old.has(subjectOf(fault)));
}

/** Without the line, which a change above it moves. */
const subjectOf = ({ section, key, message }: SettingsFault): string =>
  JSON.stringify([section, key, message]);

async function faultsOf(ini: IniFile, file: string, env: Environment): Promise<SettingsFault[]> {
  const alone = (await interpret(ini, file, { env: {} })).faults;
  const known = new Set(alone.map(subjectOf));
  const here = (await interpret(ini, file, { env })).faults;
  return [...alone, ...here.filter((fault) => !known.has(subjectOf(fault)))];
}
