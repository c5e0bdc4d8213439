import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadWatchdogSettings, SettingsError } from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';

/** Figure 6 (p. 35). */
const guide = 'test/fixtures/guide-watchdog.ini';

const loaded = async (lines: readonly string[], env: Record<string, string> = {}) =>
  loadWatchdogSettings(await settingsFile('[Settings]', ...lines), { env, platform: 'linux' });

it("the Guide's sample works as it is, on both kinds of system", async () => {
  const windows = await loadWatchdogSettings(guide, { env: {}, platform: 'win32' });
  expect(windows.values).toMatchObject({
    version: '0.9 Build 1 Created July 11 2004 14:00',
    hostAddress: '127.0.0.1',
    timerSeconds: 60,
    failureLimit: 5,
    statusPort: 6091,
    statusRefresh: 10,
    logFile: 'c:\\Program Files\\Avaya\\MV_Watchdog\\log\\MV_Watchdog.log',
  });
  expect(windows.warnings).toEqual([]);
  const linux = await loadWatchdogSettings(guide, { env: {}, platform: 'linux' });
  expect(linux.values.logFile).toBe('');
  expect(linux.warnings.map(({ line, key }) => [line, key])).toEqual([[13, 'LogFile']]);
});

it('names the line of everything that is wrong, and knows what was meant', async () => {
  const faults = await loaded([
    'WatchDogTimer=0',
    'FailureLimit=five',
    'Watch Dog Timer=60',
    'FailLimit=5',
  ]).catch((error: unknown) => error);
  if (!(faults instanceof SettingsError)) throw new Error('these settings were taken');
  expect(faults.faults.map(({ line, key }) => [line, key])).toEqual([
    [2, 'WatchDogTimer'],
    [3, 'FailureLimit'],
    [4, 'Watch Dog Timer'],
  ]);
  expect(faults.warnings).toMatchObject([{ line: 5, key: 'FailLimit' }]);
  expect(faults.warnings[0]?.message).toContain('FailureLimit');
});

it('the environment is stronger than the file, and that of the server is not meant', async () => {
  const { values, warnings } = await loaded(['StatusPort=7000', 'LogFile=log/watch.log'], {
    BRANCHLINE_WATCHDOG_SETTINGS_FAILURELIMIT: '2',
    BRANCHLINE_SETTINGS_STATUSPORT: '9',
  });
  expect(values).toMatchObject({ failureLimit: 2, statusPort: 7000 });
  expect(path.isAbsolute(values.logFile)).toBe(true);
  expect(warnings).toEqual([]);
});

it('packaging/MV_WatchDog.ini is read without a word', async () => {
  const { warnings } = await loadWatchdogSettings('packaging/MV_WatchDog.ini', { env: {} });
  expect(warnings).toEqual([]);
});

it('every key of the sample has one row in docs/compatibility.md, and a test that shows it', () => {
  const page = readFileSync('docs/compatibility.md', 'utf8');
  const [, part = ''] = /^## MV_WatchDog\.ini$(.*?)^## /ms.exec(page) ?? [];
  const rows = [...part.matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(([, key, here]) => [key, here]);
  const keys = [...readFileSync(guide, 'utf8').matchAll(/^(\w+)=/gm)].map(([, key]) => key);
  expect(rows.map(([key]) => key)).toEqual(keys);
  const outcomes = ['honoured', 'changed', 'refused'];
  expect(rows.filter(([, here = '']) => !outcomes.includes(here))).toEqual([]);
});
