import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadWatchdogSettings, usualPlaces } from '#libs/settings';
import { usualScripts } from '#libs/watchdog';
import { buildProgram } from '../../apps/cli/program.ts';
import { elementsOf } from '../support/small-xml.ts';

const folder = 'packaging/windows';
const environment = { ProgramData: 'C:\\ProgramData' };
const usual = usualPlaces('win32', environment);

/** What WinSW 2.12 knows of what stands here. */
const known = [
  ...['id', 'name', 'description', 'executable', 'arguments', 'workingdirectory', 'env'],
  ...['startmode', 'stoptimeout', 'onfailure', 'resetfailure', 'log', 'logpath'],
];

describe.each([
  ['server', 'branchline', 'serve', usual.config],
  ['manager', 'branchlinemanager', 'manager', usual.config],
  ['watchdog', 'branchlinewatchdog', 'watchdog', usual.watchdogConfig],
])('the service of the %s', (name, id, command, config) => {
  const all = elementsOf(readFileSync(`${folder}/branchline-${name}.xml`, 'utf8'));
  const text = (element: string): string | undefined =>
    all.find(({ path: at }) => at === `service/${element}`)?.text;
  const words = [...(text('arguments') ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );

  it('is what WinSW reads', () => {
    expect(all[0]?.path).toBe('service');
    for (const { path: at } of all.slice(1)) expect(known).toContain(at.replace('service/', ''));
    expect(text('id')).toBe(id);
    expect(text('id')).toMatch(/^[A-Za-z0-9]+$/);
    const failures = all.filter(({ path: at }) => at === 'service/onfailure');
    expect(failures.map(({ attributes }) => attributes['action'])).toEqual(
      failures.map(() => 'restart'),
    );
    expect(failures.length).toBeGreaterThan(0);
  });

  it('runs a command that there is, with options that it has, and the usual settings', async () => {
    const main = words.findIndex((word) => word.endsWith('main.js'));
    const [script = '', verb, option, file = ''] = words.slice(main);
    const inBase = path.win32.join('packaging', 'windows', script.replace('%BASE%', '.'));
    // What is compiled to dist/ lies in the checkout under the same name.
    const source = inBase.replaceAll('\\', '/').replace('dist/', '').replace('.js', '.ts');
    expect(existsSync(source)).toBe(true);
    const found = (await buildProgram(verb)).commands.find((one) => one.name() === verb);
    expect(verb).toBe(command);
    expect(found?.options.map(({ long }) => long)).toContain(option);
    expect(file.replace('%ProgramData%', environment.ProgramData)).toBe(config);
    expect(words).toHaveLength(main + 4);
  });

  it('writes nothing beside the programs that administrators run', () => {
    expect(text('logpath')).toBe('%ProgramData%\\Branchline\\log');
    const install = readFileSync(`${folder}/install.ps1`, 'utf8');
    const grants = [
      ...install.matchAll(/\$PSScriptRoot, '\/grant(?::r)?', ".*:\(OI\)\(CI\)(\w+)"/g),
    ];
    expect(grants.map(([, right]) => right)).toEqual(['RX']);
  });

  it('has longer to stop than the program takes', () => {
    const [, seconds] = /^(\d+) sec$/.exec(text('stoptimeout') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(5);
  });

  it('is known to both scripts', () => {
    for (const script of ['install.ps1', 'uninstall.ps1']) {
      expect(readFileSync(`${folder}/${script}`, 'utf8')).toContain(`${name} = '${id}'`);
    }
  });
});

it('the settings of the watchdog for Windows are read there without a word', async () => {
  const { values, warnings } = await loadWatchdogSettings(`${folder}/MV_WatchDog.ini`, {
    env: {},
    platform: 'win32',
  });
  expect(warnings).toEqual([]);
  expect(usualScripts('win32')).toContain(path.win32.basename(values.alertScript));
  const alert = readFileSync(`${folder}/mv_ipstel_alert.ps1`, 'utf8');
  expect(alert).toContain("$id = 'branchline'");
});
