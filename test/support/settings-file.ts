import path from 'node:path';
import { loadSettings, SettingsError, type LoadOptions, type Settings } from '#libs/settings';
import { plant, tempTree } from './temp-tree.ts';

/** A settings file in a folder of its own, gone after the test. Lines are joined with `\n`. */
export async function settingsFile(...lines: readonly string[]): Promise<string> {
  const folder = await tempTree();
  await plant(folder, { 'etc/branchline.ini': lines.join('\n') });
  return path.join(folder, 'etc/branchline.ini');
}

/** Settings from lines, on a machine named `host` whose environment is empty. */
export async function settingsOf(
  lines: readonly string[],
  options: Partial<LoadOptions> = {},
): Promise<Settings> {
  return loadSettings(await settingsFile(...lines), { env: {}, host: 'host', ...options });
}

/** What is wrong with lines: `line [SECTION] Key`, with the variable in place of a line it came from. */
export async function faultsOf(
  lines: readonly string[],
  options: Partial<LoadOptions> = {},
): Promise<string[]> {
  try {
    await settingsOf(lines, options);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map(subjectOf);
  }
}

/** What the operator is told, in the form of `faultsOf`. */
export const warningsOf = ({ warnings }: Settings): string[] => warnings.map(subjectOf);

const subjectOf = (fault: SettingsError['faults'][number]): string =>
  `${fault.variable ?? String(fault.line ?? '-')} [${fault.section}] ${fault.key}`;
