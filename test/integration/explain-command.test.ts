import path from 'node:path';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import { explanationSchema } from '#libs/delivery';
import { command } from '../support/server-process.ts';
import { plant, tempTree } from '../support/temp-tree.ts';

const files = {
  'HTTPdata/HTTP_allow_IP.txt': '# lab\r\n10.20.4\r\n10.20.5.*\r\n',
  'HTTPdata/J100Supgrade.txt':
    'IF $MODEL4 SEQ J179 GOTO a\nGOTO b\n# a\nSET APPNAME x.bin\n# b\nGET 46xxsettings.txt',
  'HTTPdata/46xxsettings.txt':
    'IF $GROUP SEQ 5 GOTO five\nSET SITE head\n# five\nSET LANG \x1b[31m\nGET $MACADDR.txt',
  'HTTPdata/fxd_settings.txt': 'SET SITE lost',
};

async function explain(...words: string[]): ReturnType<typeof command> {
  const data = await tempTree(files);
  await plant(data, {
    'b.ini': `[Settings]\nDataDir=${data}\n[HTTP]\nRunHTTP=1\n[HTTPS]\nRunHTTPS=0\n`,
  });
  return await command('explain', '--config', path.join(data, 'b.ini'), ...words);
}

it('tells people the list, the file and the lines that count, without a server', async () => {
  const phone = ['--ip', '10.20.4.17', '--mac', 'c8:1f:ea:83:e8:5a', '--model', 'J179'];
  const { status, stdout, stderr } = await explain(...phone, '--group', '5', 'j100SUPGRADE.txt');
  expect(status).toBe(0);
  expect(stderr).toMatch(/no server was asked/);
  const text = stdout.split('\n');
  expect(text.slice(0, 4)).toEqual([
    'telephone  10.20.4.17, MACADDR c81fea83e85a, GROUP 5, MODEL4 J179',
    'asks       HTTP for j100SUPGRADE.txt',
    'access     granted by line 2 of HTTP_allow_IP.txt: 10.20.4',
    'gets       J100Supgrade.txt',
  ]);
  expect(stdout).toMatch(/^sha256 {5}[0-9a-f]{64}$/m);
  expect(stdout).toMatch(/line 3 of the list is ignored: "10\.20\.5\.\*"/);
  expect(stdout).toMatch(/^ {2}1 {2}IF \$MODEL4 SEQ J179 GOTO a +→ yes$/m);
  expect(stdout).toMatch(/^ {2}6 {2}GET 46xxsettings.txt +→ 46xxsettings.txt$/m);
  expect(stdout).toMatch(/GET \$MACADDR.txt +→ nothing: .*c81fea83e85a.txt.*\[NOT_FOUND\]$/m);
  expect(stdout).toMatch(/^APPNAME {2}x\.bin +J100Supgrade.txt:4$/m);
  // What stands in a file must not steer the terminal.
  expect(stdout).not.toContain('\x1b');
});

it('names the option that would make known what is not', async () => {
  const { stdout } = await explain('--ip', '10.20.4.17', 'J100Supgrade.txt');
  expect(stdout).toMatch(/line 1 .*\$MODEL4 is not known \(--model\)/);
});

it('prints the same for programs', async () => {
  const variables = ['--variable', 'SIG=2', '--variable', 'HWVERS=3'];
  const phone = ['--ip', '10.9.9.9', '--json', ...variables];
  const { status, stdout } = await explain(...phone, '46xxsettings.txt');
  expect(status).toBe(0);
  const explanation: unknown = JSON.parse(stdout);
  expect(Check(explanationSchema, explanation)).toBe(true);
  expect(explanation).toMatchObject({
    variables: { SIG: '2', HWVERS: '3' },
    ...{ tree: 'HTTP', access: { admitted: false, list: 'HTTP_allow_IP.txt', line: null } },
    answers: [{ outcome: 'substitute', file: { name: 'fxd_settings.txt' } }],
    settings: [{ name: 'SITE', value: 'lost', line: 1 }],
  });
});

it.each([
  ['https', 'a.txt', /HTTPS.*switched off/],
  ['ftp', '4620data.txt', /SNMP/],
  ['http', 'PhoneBackup\\2001_96xxdata.txt', /backups.*HTTPbackup/],
])('says what the server would also do by %s for %s', async (server, file, note) => {
  const { status, stdout } = await explain('--ip', '10.20.4.1', '--server', server, file);
  expect([status, stdout]).toEqual([0, expect.stringMatching(note)]);
});

it.each([
  [2, ['a.txt']],
  [2, ['--ip', 'phone', 'a.txt']],
  [2, ['--ip', '10.0.0.1', '--mac', '12', 'a.txt']],
  [2, ['--ip', '10.0.0.1', '--server', 'gopher', 'a.txt']],
  [10, ['--ip', '10.0.0.1', '--config', '/nowhere.ini', 'a.txt']],
])('ends with %i for %j', async (status, words) => {
  expect(await explain(...words)).toMatchObject({ status, stdout: '' });
});
