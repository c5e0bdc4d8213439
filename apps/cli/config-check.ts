import { faultLine, loadSettings, SettingsError, type SettingsFault } from '#libs/settings';

/**
 * Says nothing but the truth about `file` as a server in this environment would read it: warnings and faults on
 * stderr, a line each, and the verdict on stdout.
 * @throws SettingsError.
 */
export async function checkSettings(file: string, { json }: { json?: boolean }): Promise<void> {
  const fault = await faultOf(file);
  const [faults, warnings] =
    fault instanceof SettingsError ? [fault.faults, fault.warnings] : [[], fault];
  if (json === true) {
    const verdict = { file, ok: faults.length === 0, faults, warnings };
    process.stdout.write(`${JSON.stringify(verdict)}\n`);
  }
  for (const warning of warnings) {
    process.stderr.write(`${faultLine(file, warning, 'warning')}\n`);
  }
  if (fault instanceof SettingsError) throw fault;
  if (json !== true) process.stdout.write(`${file}: good, ${count(warnings)}\n`);
}

/** The error, or the warnings of settings that have none. */
async function faultOf(file: string): Promise<SettingsError | readonly SettingsFault[]> {
  try {
    return (await loadSettings(file, { env: process.env })).warnings;
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
}

const count = ({ length }: readonly SettingsFault[]): string =>
  length === 1 ? '1 warning' : `${length} warnings`;
