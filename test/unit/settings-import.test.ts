import { readFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importSettingsFile, loadSettings, parseIni } from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

/** Import `from` on Linux; what became of its lines, and the new file. */
async function imported(from: string) {
  const to = path.join(await tempTree(), 'new.ini');
  const platform = 'linux' as const;
  const rows = await importSettingsFile({ from, to, force: false, dataDir: '/srv/data', platform });
  const outcome = (key: string): string | undefined => rows.find((row) => row.key === key)?.outcome;
  return { rows, to, outcome, text: await readFile(to, 'utf8') };
}

describe("the Guide's Windows sample", () => {
  it('serves on Linux afterwards, on its own ports', async () => {
    const { to } = await imported('test/fixtures/guide-windows.ini');
    const { values } = await loadSettings(to, { env: {}, platform: 'linux', forServing: true });
    expect(values.server).toMatchObject({
      dataDir: '/srv/data',
      certDir: '/srv/certs',
      logFile: '/srv/log/MV_IPTel.log',
    });
    expect(values.https).toMatchObject({
      ports: [411],
      dir: '/srv/data/HTTPSdata',
      certFile: '/srv/certs/IPTelcert.pem',
      keyFile: '/srv/certs/IPTelkey.pem',
    });
    expect(values.tftp).toMatchObject({ port: 69, dir: '/srv/data/TFTPdata' });
  });

  it('keeps its comments, its order and its line ends', async () => {
    const { text } = await imported('test/fixtures/guide-windows.ini');
    const lines = text.split('\r\n');
    const old = readFileSync('test/fixtures/guide-windows.ini', 'utf8').split('\r\n');
    expect(lines).toHaveLength(old.length);
    const differing = old.filter((line, index) => line !== lines[index]);
    expect(differing.map((line) => line.split('=')[0])).toEqual([
      'LogFile',
      'FTPDir',
      'SUPassword',
      'TFTPDir',
      'HTTPDir',
      'HTTPSDir',
      'CertFile',
      'KeyFile',
      'CustomFTP',
      'CustomFTPPwd',
    ]);
  });

  it('is told line by line', async () => {
    const { rows, outcome } = await imported('test/fixtures/guide-windows.ini');
    expect(rows.map(({ line }) => line)).toEqual(
      parseIni(readFileSync('test/fixtures/guide-windows.ini', 'utf8'))
        .entries()
        .map(({ line }) => line),
    );
    expect(['HTTPPort', 'HTTPDir', 'SUPassword', 'RunFTP', 'PrimaryIP'].map(outcome)).toEqual([
      'honoured',
      'changed',
      'refused',
      'honoured',
      'changed',
    ]);
  });
});

it("takes the Guide's Linux sample over with its folders", async () => {
  const { to, text } = await imported('test/fixtures/guide-linux.ini');
  expect(text).toContain('HTTPDir=/opt/ecs/mvuser/MV_IPTel/data/HTTPdata\n');
  const { warnings } = await loadSettings(to, { env: {}, forServing: true });
  expect(warnings.map(({ key }) => key)).toEqual([]);
});

it('brings a torn and hand-made file into order, and invents nothing', async () => {
  const old = await settingsFile(
    'Stray=1',
    '[Settings]',
    '# location of the',
    '  log file',
    'some words',
    'StatusPort=6090',
    'StatusPort=7090',
    'Colour=blue',
    '[HTTPS]',
    'SSLV3=1',
    'ClientAuth=1',
    'HTTPSDir=web',
    '[Other]',
    'Key=1',
  );
  const { text, rows } = await imported(old);
  expect(text.split('\n')).toEqual([
    '# Stray=1',
    '[Settings]',
    '# location of the',
    '#   log file',
    '# some words',
    'StatusPort=6090',
    '# StatusPort=7090',
    'Colour=blue',
    '[HTTPS]',
    'SSLV3=0',
    'ClientAuth=0',
    `HTTPSDir=${path.dirname(old)}/web`,
    '[Other]',
    'Key=1',
  ]);
  expect(rows.map(({ line, outcome }) => [line, outcome])).toEqual([
    [1, 'changed'],
    [4, 'changed'],
    [5, 'changed'],
    [6, 'honoured'],
    [7, 'changed'],
    [8, 'ignored'],
    [10, 'refused'],
    [11, 'refused'],
    [12, 'changed'],
    [14, 'ignored'],
  ]);
});

it('leaves to the operator what only the operator can decide, and writes nothing', async () => {
  const old = await settingsFile('[HTTP]', '# port', 'HTTPPort=eighty', 'RunHTTP=?');
  const to = path.join(path.dirname(old), 'new.ini');
  await expect(
    importSettingsFile({ from: old, to, force: false, dataDir: '/srv/data' }),
  ).rejects.toMatchObject({
    file: old,
    faults: [
      { line: 3, key: 'HTTPPort' },
      { line: 4, key: 'RunHTTP' },
    ],
  });
  await expect(stat(to)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('replaces a file only when told to, and lets nobody else read it', async () => {
  const from = 'test/fixtures/guide-linux.ini';
  const to = await settingsFile('[Settings]');
  const options = { from, to, dataDir: '/srv/data' };
  await writeFile(to, 'mine', { mode: 0o644 });
  await expect(importSettingsFile({ ...options, force: false })).rejects.toMatchObject({
    code: 'USAGE',
  });
  expect(await readFile(to, 'utf8')).toBe('mine');
  await importSettingsFile({ ...options, force: true });
  expect((await stat(to)).mode & 0o007).toBe(0);
});
