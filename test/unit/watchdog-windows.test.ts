import { expect, it } from 'vitest';
import { loadWatchdogSettings, SettingsError } from '#libs/settings';
import { SystemdUnits } from '#libs/lifecycle';
import { usualScripts } from '#libs/watchdog';
import { ServiceControl } from '../../apps/manager/service-control.ts';
import { commandOf, passedOn } from '../../libs/watchdog/script-command.ts';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tempFolder } from '../support/temp-folder.ts';

it.each([
  ['C:\\b\\mv_ipstel_alert.ps1', 'powershell.exe', '-File C:\\b\\mv_ipstel_alert.ps1', false],
  ['C:\\a & b\\ALERT.BAT', 'cmd.exe', '/d /s /c ""C:\\a & b\\ALERT.BAT""', true],
  ['C:\\b\\alert.cmd', 'cmd.exe', '/d /s /c ""C:\\b\\alert.cmd""', true],
  ['C:\\b\\alert.exe', 'C:\\b\\alert.exe', '', false],
])('on Windows %s is run by %s', (file, command, line, verbatim) => {
  const how = commandOf(file, 'win32');
  if (typeof how === 'string') throw new Error(how);
  expect(how).toMatchObject({ command, verbatim });
  expect(how.args.join(' ').endsWith(line)).toBe(true);
});

it.each(['C:\\b\\alert.sh', 'C:\\b\\alert', 'C:\\100%\\alert.bat', 'C:\\b\\a".cmd'])(
  'on Windows %s is not run',
  (file) => {
    expect(typeof commandOf(file, 'win32')).toBe('string');
  },
);

it('elsewhere a script is run by itself', () => {
  expect(commandOf('/etc/branchline/alert.bat', 'linux')).toEqual({
    ...{ command: '/etc/branchline/alert.bat', args: [], verbatim: false },
  });
  expect(usualScripts('linux')).toEqual(['mv_ipstel_alert.sh']);
  expect(usualScripts('win32')).toContain('mv_ipstel_alert.bat');
  expect(passedOn('win32')).toContain('SystemRoot');
});

it('reads its settings with line ends of either system alike', async () => {
  const file = path.join(await tempFolder(), 'MV_WatchDog.ini');
  const guide = await readFile('test/fixtures/guide-watchdog.ini', 'utf8');
  const settings = { env: {}, platform: 'win32' } as const;
  await writeFile(file, guide);
  const { values } = await loadWatchdogSettings(file, settings);
  await writeFile(file, guide.replaceAll('\n', '\r\n'));
  expect((await loadWatchdogSettings(file, settings)).values).toEqual(values);
  await writeFile(file, guide.replace('FailureLimit=5', 'FailureLimit=x').replaceAll('\n', '\r\n'));
  await expect(loadWatchdogSettings(file, settings)).rejects.toThrow(SettingsError);
});

it.each([
  ['win32', ['Start-Service branchline']],
  ['linux', ['branchline serve --config MV_IPTel.ini']],
] as const)('on %s the manager says how a server is started', async (platform, commands) => {
  const folder = await tempFolder();
  const [look] = await new ServiceControl({
    config: 'MV_IPTel.ini',
    stateDir: () => Promise.resolve(folder),
    answers: () => Promise.resolve(false),
    systemd: new SystemdUnits({ marker: path.join(folder, 'no-systemd') }),
    child: undefined,
    platform,
  }).look();
  expect(look).toMatchObject({ state: 'not running', acts: [] });
  expect(look?.instead?.commands).toEqual(expect.arrayContaining([...commands]));
});
