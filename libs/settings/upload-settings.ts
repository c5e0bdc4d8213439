import { Type } from 'typebox';
import { choiceForm, namePatternsForm } from './form.ts';
import { flag, folder, setting, whole, type IniName } from './setting.ts';

const names = (ini: IniName, value: string[], description: string, needs?: string) =>
  setting(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      default: value,
      maxItems: 64,
      description,
    }),
    { ini, form: namePatternsForm(needs) },
  );

/** [UPLOADS]: what telephones may save by HTTP and HTTPS. */
export const uploadSettings = Type.Object({
  backup: flag(
    'UPLOADS/HTTPBackup',
    true,
    'Let telephones save, fetch and remove the backup of their extension by HTTP and HTTPS.',
  ),
  backupDir: folder(
    'UPLOADS/HTTPBackupDir',
    { from: 'DataDir', path: 'HTTPbackup' },
    'Folder of these backups, and of their earlier versions.',
  ),
  backupNames: names(
    'UPLOADS/HTTPBackupNames',
    ['<ext>_96xxdata.txt', '<ext>_16xxdata.txt'],
    'Names of backups; `<ext>` stands for the extension, `*` and `?` for any characters. The folder in BRURI does not count.',
    '<ext>',
  ),
  backupProof: setting(
    Type.Union(
      [Type.Literal('snmp'), Type.Literal('basic'), Type.Literal('either'), Type.Literal('none')],
      {
        default: 'either',
        description:
          'How a telephone proves that the extension is its own: `snmp` asks it, `basic` remembers the first password that it shows over HTTPS, `either` takes both, `none` lets everybody.',
      },
    ),
    {
      ini: 'UPLOADS/HTTPBackupProof',
      form: choiceForm(
        { snmp: 'snmp', basic: 'basic', either: 'either', none: 'none' },
        'snmp, basic, either or none',
      ),
    },
  ),
  backupMaxKB: whole(
    'UPLOADS/HTTPBackupMaxKB',
    1024,
    { from: 1, to: 1_000_000 },
    'Largest backup, in kilobytes.',
  ),
  backups: whole(
    'UPLOADS/HTTPBackups',
    50_000,
    { from: 1, to: 1_000_000 },
    'Backups that may be kept, removed ones with earlier versions included.',
  ),
  backupVersions: whole(
    'UPLOADS/HTTPBackupVersions',
    10,
    { from: 0, to: 1000 },
    'Earlier versions of each backup that are kept.',
  ),
  deviceNames: names(
    'UPLOADS/UploadNames',
    [],
    'Names under which other devices may save files, such as `<mac>-phone.cfg` or `logs/<mac>-app.log`; `<mac>` stands for 12 hexadecimal digits. None unless named.',
  ),
  deviceDir: folder(
    'UPLOADS/UploadDir',
    { from: 'DataDir', path: 'Uploads' },
    'Folder of these files; a device gets its file from here before the tree is asked.',
  ),
  deviceMaxMB: whole(
    'UPLOADS/UploadMaxMB',
    16,
    { from: 1, to: 10_000 },
    'Largest of these files, in megabytes.',
  ),
  devices: whole(
    'UPLOADS/Uploads',
    5000,
    { from: 1, to: 1_000_000 },
    'How many of these files may be kept.',
  ),
  deviceTotalMB: whole(
    'UPLOADS/UploadTotalMB',
    2048,
    { from: 1, to: 10_000_000 },
    'Megabytes of these files together, without their earlier versions.',
  ),
  deviceVersions: whole(
    'UPLOADS/UploadVersions',
    1,
    { from: 0, to: 1000 },
    'Earlier versions of each of these files that are kept.',
  ),
});
