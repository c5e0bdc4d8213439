import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { systemCode } from '#libs/errors';
import { writeDurably } from '#libs/files';
import type { WatchdogReport } from './facts.ts';

const reportSchema = Type.Object({
  firedAt: Type.String({ format: 'date-time', maxLength: 40 }),
  reason: Type.String({ maxLength: 500 }),
  action: Type.String({ maxLength: 500 }),
});

const fileIn = (stateDir: string): string => path.join(stateDir, 'watchdog-fired.json');

/** For the watchdog, a program of its own: leave behind that it had to act; the server raises the alarm. */
export const reportWatchdog = (stateDir: string, report: WatchdogReport): Promise<void> =>
  writeDurably(fileIn(stateDir), `${JSON.stringify(report)}\n`);

/** Null when it never had to act; undefined when nobody can tell. */
export async function readWatchdogReport(
  stateDir: string,
): Promise<WatchdogReport | null | undefined> {
  try {
    const report: unknown = JSON.parse(await readFile(fileIn(stateDir), 'utf8'));
    return Check(reportSchema, report) && !Number.isNaN(Date.parse(report.firedAt))
      ? report
      : undefined;
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? null : undefined;
  }
}
