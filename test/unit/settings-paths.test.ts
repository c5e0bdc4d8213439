import { describe, expect, it } from 'vitest';
import { isInside, parseIni, usualPlaces } from '#libs/settings';
import { importSettings } from '../../libs/settings/import-settings.ts';
import { resolvePaths } from '../../libs/settings/paths.ts';
import { bothKinds } from '../support/both-kinds.ts';

type Given = Parameters<typeof resolvePaths>[0];

/** What became of the paths of a settings file in `folder`. */
const resolved = (
  platform: NodeJS.Platform,
  folder: string,
  given: readonly (readonly [Parameters<Given['get']>[0], string])[],
) => resolvePaths(new Map(given), { folder, platform, env: {} });

describe.each([
  {
    kind: 'Linux',
    platform: 'linux',
    folder: '/etc/branchline',
    data: '/srv/data',
    tree: '/srv/data/TFTPdata',
    state: '/srv/state',
    own: '/mnt/web',
    relative: '/etc/branchline/web',
  },
  {
    kind: 'Windows',
    platform: 'win32',
    folder: 'C:\\ProgramData\\Branchline',
    data: 'D:\\phones\\data',
    tree: 'D:\\phones\\data\\TFTPdata',
    state: 'D:\\phones\\state',
    own: '\\\\nas\\share\\web',
    relative: 'C:\\ProgramData\\Branchline\\web',
  },
] as const)('paths on $kind', ({ platform, folder, data, tree, state, own, relative }) => {
  it('have their places in and beside DataDir', () => {
    const places = resolved(platform, folder, [['Settings/DataDir', data]]);
    expect(places.get('TFTP/TFTPDir')).toBe(tree);
    expect(places.get('Settings/StateDir')).toBe(state);
  });

  it('are told by one tree when there is no DataDir', () => {
    const places = resolved(platform, folder, [['TFTP/TFTPDir', tree]]);
    expect(places.get('Settings/DataDir')).toBe(data);
  });

  it.each([
    [own, own],
    ['web', relative],
    ['./x/../web', relative],
  ])('%s counts from the folder of the file', (written, meant) => {
    expect(resolved(platform, folder, [['HTTP/HTTPDir', written]]).get('HTTP/HTTPDir')).toBe(meant);
  });
});

it('on Windows has slashes in either direction, and a share for a root', () => {
  const folder = 'C:\\ProgramData\\Branchline';
  const dirOf = (written: string) =>
    resolved('win32', folder, [['HTTP/HTTPDir', written]]).get('HTTP/HTTPDir');
  expect(dirOf('d:/phones/web')).toBe('d:\\phones\\web');
  expect(dirOf('//nas/share/web')).toBe('\\\\nas\\share\\web');
  expect(dirOf('\\web')).toBe('C:\\web');
  expect(dirOf('\\\\?\\D:\\a folder\\web')).toBe('\\\\?\\D:\\a folder\\web');
});

describe.each(bothKinds)('a place on $kind', ({ paths, root }) => {
  it('is in its own folder, and in no folder whose name begins alike', () => {
    expect(isInside(root, root, paths)).toBe(true);
    expect(isInside(paths.join(root, 'keys', 'a'), root, paths)).toBe(true);
    expect(isInside(`${root}2`, root, paths)).toBe(false);
    expect(isInside(paths.dirname(root), root, paths)).toBe(false);
  });
});

it.each([
  ['linux', {}, '/etc/branchline/MV_IPTel.ini', '/var/lib/branchline/data'],
  [
    'win32',
    { ProgramData: 'E:\\ProgramData' },
    'E:\\ProgramData\\Branchline\\MV_IPTel.ini',
    'E:\\ProgramData\\Branchline\\data',
  ],
  ['win32', {}, 'C:\\ProgramData\\Branchline\\MV_IPTel.ini', 'C:\\ProgramData\\Branchline\\data'],
] as const)('on %s with %j the settings are usually in %s', (platform, env, config, dataDir) => {
  expect(usualPlaces(platform, env)).toMatchObject({ config, dataDir });
  expect(resolvePaths(new Map(), { folder: '/x', platform, env }).get('Settings/DataDir')).toBe(
    dataDir,
  );
});

describe('a file of the former product is brought', () => {
  const importOn = (platform: NodeJS.Platform, line: string) => {
    const ini = parseIni(`[HTTPS]\r\n${line}\r\n`);
    const windows = platform === 'win32';
    const [row] = importSettings(ini, {
      oldFolder: windows ? 'C:\\old\\bin' : '/old/bin',
      dataDir: windows ? 'D:\\phones\\data' : '/srv/data',
      platform,
    });
    return [row?.outcome, ini.toString().split('\r\n')[1]];
  };

  it.each([
    ['linux', 'CertFile=c:\\MV\\certs\\a.pem', 'changed', 'CertFile=/srv/certs/a.pem'],
    ['linux', 'CertFile=/opt/certs/a.pem', 'honoured', 'CertFile=/opt/certs/a.pem'],
    ['linux', 'CertFile=../certs/a.pem', 'changed', 'CertFile=/old/certs/a.pem'],
    ['win32', 'CertFile=/opt/certs/a.pem', 'changed', 'CertFile=D:\\phones\\certs\\a.pem'],
    ['win32', 'CertFile=c:\\MV\\certs\\a.pem', 'honoured', 'CertFile=c:\\MV\\certs\\a.pem'],
    ['win32', 'CertFile=..\\certs\\a.pem', 'changed', 'CertFile=C:\\old\\certs\\a.pem'],
    ['win32', 'HTTPSDir=/opt/HTTPSdata', 'changed', 'HTTPSDir=D:\\phones\\data\\HTTPSdata'],
  ] as const)('to %s: %s is %s: %s', (platform, line, outcome, now) => {
    expect(importOn(platform, line)).toEqual([outcome, now]);
  });
});
