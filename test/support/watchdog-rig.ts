import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { AlertScript, Watchdog, type Alert, type WatchedServer } from '#libs/watchdog';
import { tempFolder } from './temp-folder.ts';

/** An executable script of the shell in a folder of its own. */
export async function scriptOf(...lines: readonly string[]): Promise<string> {
  const file = path.join(await tempFolder(), 'alert.sh');
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
  return file;
}

export interface WatchdogRig {
  readonly watchdog: Watchdog;
  /** What the alarms were told. */
  readonly reported: readonly Alert[];
  /** The counts of all servers, in their order. */
  readonly counts: () => readonly number[];
  /** What each run of the script was told, a line each. */
  readonly scriptRuns: () => Promise<readonly string[]>;
}

/** A watchdog whose rounds the test begins, and a script that notes each of its runs. */
export async function watchdogRig(
  servers: readonly WatchedServer[],
  options: { failureLimit: number; limitMs?: number; checkDir?: string },
): Promise<WatchdogRig> {
  const notes = path.join(await tempFolder(), 'runs');
  await writeFile(notes, '');
  const file = await scriptOf(`echo "$WATCHDOG_SERVERS $WATCHDOG_CODES" >> ${notes}`);
  const log = silentLogger();
  const reported: Alert[] = [];
  const watchdog = new Watchdog({
    version: 'test',
    sense: () => Promise.resolve({ name: 'lisbon', servers, by: 'settings' }),
    everyMs: 1_000,
    limitMs: 5_000,
    script: new AlertScript({ file, limitMs: 10_000, log }),
    report: (alert) => {
      reported.push(alert);
      return Promise.resolve();
    },
    clock: systemClock,
    log,
    ...options,
  });
  return {
    watchdog,
    reported,
    counts: () => watchdog.status().servers.map(({ missed }) => missed),
    scriptRuns: async () => (await readFile(notes, 'utf8')).split('\n').slice(0, -1),
  };
}
