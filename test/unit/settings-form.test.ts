import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  fieldOfFault,
  postedChanges,
  settingsForm,
  SettingsFile,
  type PostedField,
  type SettingsField,
  type SettingsForm,
} from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

const secret = 'correct horse battery';

async function open(file: string, env: Record<string, string> = {}): Promise<SettingsFile> {
  const state = { BRANCHLINE_SETTINGS_STATEDIR: await tempTree() };
  return new SettingsFile({ file, env: { ...state, ...env }, now: () => 0 });
}

const formOf = async (lines: readonly string[], env = {}): Promise<SettingsForm> =>
  settingsForm(await (await open(await settingsFile(...lines), env)).read());

function field(form: SettingsForm, name: string): SettingsField {
  const found = form.sections.flatMap(({ fields }) => fields).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

const posted = (fields: Record<string, Partial<PostedField>>): Map<string, PostedField> =>
  new Map(Object.entries(fields).map(([name, one]) => [name, { value: '', ...one }]));

it('knows of each setting how to ask for it', async () => {
  const form = await formOf(['[HTTP]', 'HTTPPort=8081']);
  expect(field(form, 'HTTP/HTTPPort')).toMatchObject({
    written: '8081',
    isSet: true,
    differs: true,
    restart: true,
  });
  expect(field(form, 'TFTP/RunTrivialFTP')).toMatchObject({ kind: 'flag', isSet: false });
  expect(field(form, 'BACKUP_SERVERS/UpdateInterval')).toMatchObject({
    kind: 'choice',
    choices: ['1', '2', '3', '4'],
  });
  expect(field(form, 'HUB/InvitationHours')).toMatchObject({ kind: 'number', restart: false });
  expect(field(form, 'Settings/UpdatesDir').default).toBe('DataDir/Updates');
});

it('has a heading in words for every section', async () => {
  const form = await formOf([]);
  expect(form.sections.filter(({ words }) => words === '')).toEqual([]);
});

it("keeps the file's spelling, and names the Guide's others", async () => {
  const form = await formOf(['[TFTP]', 'TFTPSDir=/srv/phones']);
  expect(field(form, 'TFTP/TFTPDir')).toMatchObject({ key: 'TFTPSDir', aliases: ['TFTPDir'] });
});

it('holds no secret, whatever the file and the environment say', async () => {
  const lines = ['[FTP]', `SUPassword=${secret}`, '[SNMP]', `Params= -v2c -c"${secret}"`];
  const env = { BRANCHLINE_SETTINGS_APITOKEN: secret, BRANCHLINE_HTTPS_PROXYPASSWORD: secret };
  const form = await formOf(lines, env);
  expect(JSON.stringify(form)).not.toContain(secret);
  expect(field(form, 'FTP/SUPassword')).toMatchObject({
    kind: 'secret',
    isSet: true,
    written: undefined,
  });
  expect(field(form, 'Settings/ApiToken')).toMatchObject({
    isSet: false,
    givenBy: { from: 'environment', variable: 'BRANCHLINE_SETTINGS_APITOKEN' },
  });
});

it('shows a broken file with every fault at its field', async () => {
  const form = await formOf(['[HTTP]', 'HTTP Port=x', '[TFTP]', 'TrivialFTPPort=99999', 'stray']);
  expect(form.faults.map(fieldOfFault)).toEqual([
    'HTTP/HTTPPort',
    'TFTP/TrivialFTPPort',
    undefined,
  ]);
  expect(field(form, 'HTTP/HTTPPort').written).toBe('x');
});

it('changes what means something else, and nothing that means the same', async () => {
  const form = await formOf([
    ...['[TFTP]', 'RunTrivialFTP=yes', '[HTTP]', 'HTTPPort = 81, 80', 'HTTPDir=/srv/x'],
    ...['[Settings]', 'ServerName='],
  ]);
  const { changes, faults } = postedChanges(
    form,
    posted({
      'TFTP/RunTrivialFTP': { value: '1' },
      'HTTP/HTTPPort': { value: '81,80' },
      'HTTP/HTTPDir': { value: '' },
      'Settings/ServerName': { value: '' },
      'Settings/StatusPort': { value: '' },
      'Settings/LogFile': { value: '', empty: true },
      'HUB/HubPort': { value: '5511' },
    }),
  );
  expect([changes, faults]).toEqual([
    { 'HTTP/HTTPDir': undefined, 'Settings/LogFile': '', 'HUB/HubPort': '5511' },
    [],
  ]);
});

it('leaves a secret alone, sets it, or takes it away', async () => {
  const form = await formOf(['[FTP]', `SUPassword=${secret}`, '[HTTPS]', 'ProxyPassword=x']);
  const { changes } = postedChanges(
    form,
    posted({
      'FTP/SUPassword': {},
      'HTTPS/ProxyPassword': { remove: true },
      'BACKUP_SERVERS/CustomFTPPwd': { value: 'a new one' },
      'CDR/WebPassword': { remove: true },
    }),
  );
  expect(changes).toEqual({
    'HTTPS/ProxyPassword': undefined,
    'BACKUP_SERVERS/CustomFTPPwd': 'a new one',
  });
});

it('refuses what is given elsewhere, what no line holds, and what is no setting', async () => {
  const form = await formOf(['[FTP]', 'SUPasswordFile=/run/secret'], {
    BRANCHLINE_HTTP_HTTPPORT: '8081',
  });
  expect(field(form, 'FTP/SUPassword').givenBy).toEqual({
    from: 'secret file',
    path: '/run/secret',
  });
  const { changes, faults } = postedChanges(
    form,
    posted({
      'HTTP/HTTPPort': { value: '82' },
      'FTP/SUPassword': { value: 'something else' },
      'Settings/ServerName': { value: 'a\r\n[FTP]\nEnableSU=1' },
      'Nobody/Knows': { value: '1' },
    }),
  );
  expect([changes, faults.map(({ key }) => key)]).toEqual([
    {},
    ['HTTPPort', 'SUPassword', 'ServerName', 'Nobody/Knows'],
  ]);
});

it.each(['guide-linux.ini', 'guide-windows.ini'])(
  'posted as it was shown, %s is not changed by a byte',
  async (fixture) => {
    const file = path.join(await tempTree(), 'MV_IPTel.ini');
    await copyFile(`test/fixtures/${fixture}`, file);
    const before = await readFile(file);
    const settings = await open(file);
    const form = settingsForm(await settings.read());
    const fields = form.sections.flatMap((section) => section.fields);
    const back = posted(
      Object.fromEntries(fields.map(({ name, written }) => [name, { value: written ?? '' }])),
    );
    const { changes, faults } = postedChanges(form, back);
    expect([changes, faults]).toEqual([{}, []]);
    await settings.change(changes, { by: 'test', why: 'test', shown: form.version });
    expect(await readFile(file)).toEqual(before);
  },
);

it('names all faults of a change at once, and writes none of it', async () => {
  const file = await settingsFile('[HTTP]', 'HTTPPort=81', '');
  const settings = await open(file);
  const changes = { 'HTTP/HTTPPort': 'x', 'TFTP/TrivialFTPPort': '-1', 'HUB/HubPort': '81' };
  const faults = await settings.faultsOf(changes);
  expect(faults.map(fieldOfFault)).toEqual(['HTTP/HTTPPort', 'TFTP/TrivialFTPPort']);
  await expect(settings.change(changes, { by: 'test', why: 'test' })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    faults,
  });
  expect(await readFile(file, 'utf8')).toBe('[HTTP]\nHTTPPort=81\n');
});
