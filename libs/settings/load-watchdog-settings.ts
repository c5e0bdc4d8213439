import path from 'node:path';
import { environmentAssignments, fileAssignments, type Assignments } from './assignments.ts';
import { Findings } from './findings.ts';
import { parseIni } from './ini-file.ts';
import type { LoadOptions } from './load-settings.ts';
import { flavour, foreignPaths, originOf } from './paths.ts';
import { SettingsError, type SettingsFault } from './settings-error.ts';
import { readSettingsText } from './settings-text.ts';
import { assembleAs, readValues, type Given } from './values.ts';
import { watchdogCatalogue, watchdogSchema, type WatchdogValues } from './watchdog-settings.ts';

/** What the operator asked of the watchdog, complete and checked; paths that nobody set are empty. */
export interface WatchdogSettings {
  readonly file: string;
  readonly values: Readonly<WatchdogValues>;
  readonly warnings: readonly SettingsFault[];
}

/**
 * Read MV_WatchDog.ini: defaults < file < `BRANCHLINE_WATCHDOG_SETTINGS_<KEY>`.
 * @throws SettingsError with everything that is wrong; BranchlineError SETTINGS_UNREADABLE.
 */
export async function loadWatchdogSettings(
  file: string,
  { env, platform = process.platform }: Pick<LoadOptions, 'env' | 'platform'>,
): Promise<WatchdogSettings> {
  const { text } = await readSettingsText(file);
  const findings = new Findings();
  const assignments: Assignments = new Map([
    ...fileAssignments(parseIni(text), findings, watchdogCatalogue),
    ...environmentAssignments(env, findings, watchdogCatalogue),
  ]);
  const { given } = readValues(assignments, findings);
  for (const foreign of foreignPaths(assignments, given, platform)) {
    findings.warn(
      foreign,
      `is a path of ${originOf(platform)}, which is not on this system; it is as good as none`,
    );
    given.delete(foreign.meaning.setting.ini);
  }
  resolve(given, path.dirname(path.resolve(file)), platform);
  const { watchdog: values } = assembleAs(watchdogSchema, watchdogCatalogue, given);
  const { faults, warnings } = findings;
  if (faults.length > 0) throw new SettingsError(file, faults, warnings);
  return { file, values, warnings };
}

/** Relative paths count from the folder of the file. */
function resolve(given: Given, folder: string, platform: NodeJS.Platform): void {
  for (const { ini, notes } of watchdogCatalogue.settings) {
    const value = given.get(ini);
    if (notes.path !== true || typeof value !== 'string' || value === '') continue;
    given.set(ini, flavour(value, { platform }).resolve(folder, value));
  }
}
