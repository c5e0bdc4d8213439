import { expect, it } from 'vitest';
import { faultsOf, settingsOf, warningsOf } from '../support/settings-file.ts';

it('opens backups of telephones, with proof, and nothing else unless told', async () => {
  const { values, warnings } = await settingsOf(['[Settings]', 'DataDir=/srv/data']);
  expect(values.uploads).toMatchObject({
    backup: true,
    backupDir: '/srv/data/HTTPbackup',
    backupNames: ['<ext>_96xxdata.txt', '<ext>_16xxdata.txt'],
    backupProof: 'either',
    deviceNames: [],
    deviceDir: '/srv/data/Uploads',
  });
  expect(warnings).toEqual([]);
});

it('takes names with placeholders, in folders as well, or none', async () => {
  const lines = [
    '[UPLOADS]',
    'UploadNames=<mac>-phone.cfg, logs/<mac>-app.log',
    'HTTPBackupNames=<ext>_*.txt',
  ];
  const { values } = await settingsOf(lines);
  expect(values.uploads.deviceNames).toEqual(['<mac>-phone.cfg', 'logs/<mac>-app.log']);
  expect((await settingsOf(['[UPLOADS]', 'UploadNames='])).values.uploads.deviceNames).toEqual([]);
});

it.each([
  'UploadNames=../x.txt',
  'UploadNames=a/../x.txt',
  'UploadNames=/x.txt',
  String.raw`UploadNames=a\x.txt`,
  'UploadNames=<sn>.txt',
  'UploadNames=a,,b',
  'HTTPBackupNames=backup.txt',
  'HTTPBackupNames=',
  'HTTPBackupProof=yes',
])('refuses %s', async (line) => {
  const [, key] = /^(\w+)=/.exec(line) ?? [];
  expect(await faultsOf(['[UPLOADS]', line])).toEqual([`2 [UPLOADS] ${key}`]);
});

it.each([
  ['*.cfg', true],
  ['*/<ext>.txt', true],
  ['<mac>-*.cfg', false],
  ['logs/*.log', false],
  ['report.txt', false],
])('UploadNames=%s warns: %s', async (names, warns) => {
  const settings = await settingsOf(['[UPLOADS]', `UploadNames=${names}`]);
  expect(warningsOf(settings)).toEqual(warns ? ['2 [UPLOADS] UploadNames'] : []);
});

it('refuses backups in a folder that everybody reads', async () => {
  const lines = ['[HTTP]', 'HTTPDir=/srv/http', '[UPLOADS]', 'HTTPBackupDir=/srv/http/backups'];
  expect(await faultsOf(lines)).toEqual(['4 [UPLOADS] HTTPBackupDir']);
});

it.each([
  ['none', [], true],
  ['snmp', ['[SNMP]', 'UseSNMP=0'], true],
  ['either', ['[SNMP]', 'UseSNMP=0'], true],
  ['either', ['[SNMP]', 'UseSNMP=0', '[HTTPS]', 'RunHTTPS=1'], false],
  ['basic', [], true],
  ['basic', ['[HTTPS]', 'RunHTTPS=1'], false],
])('HTTPBackupProof=%s with %j warns: %s', async (proof, more, warns) => {
  const settings = await settingsOf(['[UPLOADS]', `HTTPBackupProof=${proof}`, ...more]);
  const about = warningsOf(settings).filter((warning) => warning.includes('HTTPBackupProof'));
  expect(about).toHaveLength(warns ? 1 : 0);
});
