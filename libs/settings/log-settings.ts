import { whole } from './setting.ts';

/** How much of a log file is kept, of each program that has one. */
export const logSettings = {
  logMaxMB: whole(
    'Settings/LogMaxMB',
    10,
    { from: 1, to: 1024 },
    'Megabytes at which a new log file is begun.',
  ),
  logFiles: whole(
    'Settings/LogFiles',
    5,
    { from: 1, to: 100 },
    'Log files that are kept, the current one included.',
  ),
} as const;
