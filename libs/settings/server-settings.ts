import { Type } from 'typebox';
import { hostForm, listForm, textForm } from './form.ts';
import { logSettings } from './log-settings.ts';
import {
  anyText,
  decimal,
  filePath,
  flag,
  folder,
  port,
  secret,
  setting,
  text,
  whole,
  type Place,
} from './setting.ts';

const inData = (path: string): Place => ({ from: 'DataDir', path });
const beside = (path: string): Place => ({ from: 'beside DataDir', path });

/** [Settings]: the server as a whole (Guide p. 22 and 30), and where it keeps its files. */
export const serverSettings = Type.Object({
  detailedLog: flag('Settings/DetailedLog', false, 'Log every step, for finding a fault.'),
  runStatus: flag('Settings/RunStatus', true, 'Serve the status page, its API and the metrics.'),
  statusPort: port('Settings/StatusPort', 6090, 'TCP port of the status page.'),
  statusRefresh: whole(
    'Settings/StatusRefresh',
    10,
    { from: 0, to: 3600 },
    'Seconds after which the status page loads itself again; 0 for never.',
  ),
  archive: flag(
    'Settings/Archive',
    true,
    'Pack FTPdata every hour into one archive per weekday, and into one per month.',
  ),
  logFile: filePath(
    'Settings/LogFile',
    'The log file; the log goes to standard output in any case.',
    {
      place: beside('log/branchline.log'),
      empty: 'no log file',
    },
  ),
  ...logSettings,
  diskLowPercent: whole(
    'Settings/DiskLowPercent',
    80,
    { from: 1, to: 100 },
    'Percent in use from which a disk is told to be low.',
  ),
  diskAlarmPercent: whole(
    'Settings/DiskAlarmPercent',
    90,
    { from: 1, to: 100 },
    'Percent in use from which a disk raises an alarm; both come in any case before `ReserveMB` is reached.',
  ),
  auditLog: flag(
    'Settings/AuditLog',
    true,
    'Keep in `StateDir/audit` who stored, fetched, restored, delivered and purged what.',
  ),
  auditMaxMB: whole(
    'Settings/AuditMaxMB',
    100,
    { from: 1, to: 100_000 },
    'Megabytes of the audit log; beyond, its oldest tenth goes.',
  ),
  auditDays: whole(
    'Settings/AuditDays',
    400,
    { from: 1, to: 36_500 },
    'Days that the audit log is kept, a tenth more at most.',
  ),
  version: text(
    'Settings/Version',
    '',
    anyText,
    'Written by the installer of the former product; without effect.',
  ),
  serverName: text(
    'Settings/ServerName',
    '',
    textForm('a name of at most 100 characters', /^.{0,100}$/),
    'Name of this server on its pages.',
    { otherwise: "this machine's host name, also in place of `Unknown`" },
  ),
  ipAddress: text(
    'Settings/IPAddress',
    '',
    hostForm,
    "This server's own address: others are told it, and a file server at this address is not asked.",
  ),
  bindAddress: text(
    'Settings/BindAddress',
    '0.0.0.0',
    hostForm,
    'Address that every listener is bound to; `::` adds IPv6.',
  ),
  dataDir: filePath(
    'Settings/DataDir',
    'Folder of all trees of files that have no setting of their own.',
    {
      otherwise:
        'the folder above the first tree that is named; else `$STATE_DIRECTORY/data`, else `/var/lib/branchline/data`',
    },
  ),
  stateDir: folder('Settings/StateDir', beside('state'), 'Folder of the database.'),
  certDir: folder('Settings/CertDir', beside('certs'), 'Folder of keys and certificates.'),
  updatesDir: folder(
    'Settings/UpdatesDir',
    inData('Updates'),
    'Folder of the archives and files that a hub hands out and a branch has received.',
  ),
  backupDir: folder(
    'Settings/BackupDir',
    inData('Backup'),
    "Folder of the branches' backups, and of this server's own archives.",
  ),
  cdrDir: folder('Settings/CDRDir', inData('CDRdata'), 'Folder of call detail records.'),
  bcmsDir: folder('Settings/BCMSDir', inData('BCMSdata'), 'Folder of call measurement records.'),
  cdrBackupDir: folder(
    'Settings/CDRBackupDir',
    inData('CDRBackup'),
    'Folder of call detail records on their way between servers.',
  ),
  bcmsBackupDir: folder(
    'Settings/BCMSBackupDir',
    inData('BCMSBackup'),
    'Folder of call measurement records on their way between servers.',
  ),
  scanDir: folder('Settings/ScanDir', inData('Scan'), 'Folder of scans of telephone firmware.'),
  apiToken: secret(
    'Settings/ApiToken',
    'Bearer token that starts a sync over HTTP; without one that is refused.',
  ),
});

/** [UPDATES]: what becomes of an archive (design § 5; the limits stop archives that are made to do harm). */
export const updateSettings = Type.Object({
  patterns46xx: setting(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      default: [
        '46*',
        '56xx*',
        '*.scr',
        'fxd_*',
        'a??d*.bin',
        'b??d*.bin',
        'i??d*.bin',
        'def??r*.bin',
      ],
      minItems: 1,
      maxItems: 64,
      description:
        'Names, with `*` and `?`, of the files of 4600 telephones: they go to TFTPdata too, all others only to HTTPdata and HTTPSdata.',
    }),
    {
      ini: 'UPDATES/UpdatePatterns46xx',
      form: listForm(
        textForm('a name', /^[^/\\]{1,100}$/),
        'up to 64 file names with commas between them; * and ? stand for any characters',
      ),
    },
  ),
  keepReleases: whole(
    'UPDATES/KeepReleases',
    2,
    { from: 0, to: 50 },
    'Replaced versions of each published file that are kept for going back.',
  ),
  reserveMB: whole(
    'UPDATES/ReserveMB',
    500,
    { from: 0, to: 1_000_000 },
    'Megabytes of disk that an update leaves free; until there is room it waits.',
  ),
  settleSeconds: decimal(
    'UPDATES/SettleSeconds',
    1,
    { from: 0.05, to: 3600 },
    'Seconds that a file in Updates must stand still before it counts.',
  ),
  rescanSeconds: whole(
    'UPDATES/RescanSeconds',
    30,
    { from: 1, to: 86_400 },
    'Seconds between two looks at the whole Updates folder; network shares report no changes.',
  ),
  maxArchiveMB: whole(
    'UPDATES/MaxArchiveMB',
    2048,
    { from: 1, to: 1_000_000 },
    'Largest archive, in megabytes.',
  ),
  maxMemberMB: whole(
    'UPDATES/MaxMemberMB',
    1024,
    { from: 1, to: 1_000_000 },
    'Largest file in an archive, unpacked, in megabytes.',
  ),
  maxUnpackedMB: whole(
    'UPDATES/MaxUnpackedMB',
    4096,
    { from: 1, to: 1_000_000 },
    'All files of an archive together, unpacked, in megabytes.',
  ),
  maxMembers: whole(
    'UPDATES/MaxMembers',
    10_000,
    { from: 1, to: 1_000_000 },
    'Files and folders in an archive.',
  ),
  maxRatio: whole(
    'UPDATES/MaxRatio',
    200,
    { from: 1, to: 1100 },
    'How many times its packed size a file of an archive may have; files below 1 MB are exempt.',
  ),
});
