import { readFileSync } from 'node:fs';
import { chmod, copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadSettings, SettingsFile, type SettingsChanges } from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

/** As a command would; the history lies elsewhere. */
async function editSettings(file: string, changes: SettingsChanges): Promise<void> {
  const env = { BRANCHLINE_SETTINGS_STATEDIR: await tempTree() };
  const settings = new SettingsFile({ file, env, now: () => 0 });
  await settings.change(changes, { by: 'test', why: 'test' });
}

async function copyOf(fixture: string): Promise<string> {
  const file = path.join(await tempTree(), 'MV_IPTel.ini');
  await copyFile(`test/fixtures/${fixture}`, file);
  return file;
}

it('changes, adds and removes keys, and leaves every other byte', async () => {
  const file = await copyOf('guide-windows.ini');
  await editSettings(file, {
    'TFTP/TFTPDir': 'D:\\phones',
    'BACKUP_SERVERS/PrimaryIP': 'hub.example:4411',
    'HUB/HubPort': '5511',
    'Settings/IPAddress': undefined,
  });
  const expected = readFileSync('test/fixtures/guide-windows.ini', 'utf8')
    .replace(/^TFTPDir=.*$/m, 'TFTPDir=D:\\phones')
    .replace('PrimaryIP=192.168.0.10', 'PrimaryIP=hub.example:4411')
    .replace('IPAddress=192.168.0.10\r\n', '')
    .concat('\r\n[HUB]\r\nHubPort=5511\r\n');
  expect(await readFile(file, 'utf8')).toBe(expected);
});

it.each([
  ['guide-linux.ini', 'TFTPSDir=/srv/phones'],
  ['guide-windows.ini', 'TFTPDir=/srv/phones'],
])('keeps the spelling of %s', async (fixture, line) => {
  const file = await copyOf(fixture);
  await editSettings(file, { 'TFTP/TFTPDir': '/srv/phones' });
  expect(await readFile(file, 'utf8')).toContain(line);
  expect((await loadSettings(file, { env: {} })).values.tftp.dir).toBe('/srv/phones');
});

it('writes nothing that a server would not start from', async () => {
  const file = await copyOf('guide-linux.ini');
  const before = await readFile(file);
  await expect(
    editSettings(file, { 'HTTP/HTTPPort': '8081', 'BACKUP_SERVERS/RequestUpdates': '1' }),
  ).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    faults: [{ section: 'BACKUP_SERVERS', key: 'RequestUpdates' }],
  });
  expect(await readFile(file)).toEqual(before);
  expect(await readdir(path.dirname(file))).toEqual(['MV_IPTel.ini']);
});

it('mends a broken file key by key', async () => {
  const file = await settingsFile('[HTTP]', 'HTTPPort=x', '[HUB]', 'HubPort=y', '');
  await editSettings(file, { 'HTTP/HTTPPort': '81' });
  await editSettings(file, { 'HUB/HubPort': '4411' });
  expect(await readFile(file, 'utf8')).toBe('[HTTP]\nHTTPPort=81\n[HUB]\nHubPort=4411\n');
});

it('keeps permissions, for there may be passwords in it', async () => {
  const file = await copyOf('guide-linux.ini');
  await chmod(file, 0o600);
  await editSettings(file, { 'HTTP/HTTPPort': '8081' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('keeps the bytes of an old Windows, and refuses a letter that they cannot hold', async () => {
  const file = await settingsFile();
  await writeFile(file, Buffer.from('[Settings]\r\nServerName=Zürich\r\n', 'latin1'));
  await editSettings(file, { 'Settings/ServerName': 'Genève' });
  const edited = await readFile(file);
  expect(edited).toEqual(Buffer.from('[Settings]\r\nServerName=Genève\r\n', 'latin1'));
  await expect(editSettings(file, { 'Settings/ServerName': 'Łódź' })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
  });
  expect(await readFile(file)).toEqual(edited);
});

it('does not touch a file in which nothing changes', async () => {
  const file = await copyOf('guide-linux.ini');
  const { ino } = await stat(file);
  await editSettings(file, { 'HTTP/HTTPPort': '81' });
  expect((await stat(file)).ino).toBe(ino);
});
