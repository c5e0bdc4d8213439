import { Type } from 'typebox';
import { choiceForm, hostForm } from './form.ts';
import { parseHostPort } from './host-port.ts';
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
} from './setting.ts';

/** The port of a hub that is named without one (design § 4). */
export const defaultHubPort = 4411;

const hubForm = {
  expects: 'a host name or an IP address, with :PORT after it where the port is not 4411',
  read: (value: string) =>
    parseHostPort(value, defaultHubPort) === undefined ? undefined : value.trim(),
};

const joins = 'it is asked on its port 4411, after joining with an invitation: `branchline join`';

/** [BACKUP_SERVERS]: what this server is to others, and what it wants from them (Guide p. 25, 32 and 37–44). */
export const backupServerSettings = Type.Object({
  fileServer: flag('BACKUP_SERVERS/FileServer', false, 'Be the hub of other servers.', {
    changed: 'branches come in on HubPort, after an invitation: `branchline hub init`',
  }),
  requestUpdates: flag(
    'BACKUP_SERVERS/RequestUpdates',
    false,
    'Fetch updates from the primary, then the secondary.',
  ),
  requestBackup: flag(
    'BACKUP_SERVERS/RequestBackup',
    false,
    "Send the telephones' backups and the archives to the primary, else to the secondary.",
  ),
  usePrimary: flag('BACKUP_SERVERS/UsePrimarySvr', false, 'Use the primary file server.'),
  primary: text('BACKUP_SERVERS/PrimaryIP', '', hubForm, 'The primary file server.', {
    changed: joins,
  }),
  useSecondary: flag('BACKUP_SERVERS/UseSecondarySvr', false, 'Use the secondary file server.'),
  secondary: text('BACKUP_SERVERS/SecondaryIP', '', hubForm, 'The secondary file server.', {
    changed: joins,
  }),
  updateInterval: setting(
    Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)], {
      default: 2,
      description: 'How often: every 1 minute, 2 hour, 3 day, 4 month.',
    }),
    {
      ini: 'BACKUP_SERVERS/UpdateInterval',
      form: choiceForm({ 1: 1, 2: 2, 3: 3, 4: 4 }, '1 (minute), 2 (hour), 3 (day) or 4 (month)'),
    },
  ),
  customFtp: flag(
    'BACKUP_SERVERS/CustomFTP',
    false,
    'Send the newest archive to an FTP server of your own; with Archive=1.',
  ),
  customFtpHost: text(
    'BACKUP_SERVERS/CustomFTPHost',
    '',
    hostForm,
    'Host name or IP address of that server; the Guide has no key for it.',
  ),
  customFtpPort: whole(
    'BACKUP_SERVERS/CustomFTPPort',
    0,
    { from: 0, to: 65_535 },
    'Its TCP port; 0 is 21, or 990 with CustomFTPTLS=2.',
  ),
  customFtpTls: setting(
    Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)], {
      default: 0,
      description: 'Encryption towards it: 0 none, 1 explicit TLS (AUTH TLS), 2 implicit TLS.',
    }),
    {
      ini: 'BACKUP_SERVERS/CustomFTPTLS',
      form: choiceForm({ 0: 0, 1: 1, 2: 2 }, '0 (none), 1 (explicit) or 2 (implicit)'),
    },
  ),
  customFtpVerify: flag(
    'BACKUP_SERVERS/CustomFTPVerify',
    true,
    'Check the certificate of that server.',
  ),
  customFtpCaFile: filePath(
    'BACKUP_SERVERS/CustomFTPCAFile',
    'Certificates of the authorities of that server, as PEM.',
    { otherwise: 'those that Node.js trusts' },
  ),
  customFtpDir: text('BACKUP_SERVERS/CustomFTPDDir', '', anyText, 'Folder on that server.', {
    aliases: ['CustomFTPSDir', 'CustomFTPDir'],
  }),
  customFtpUser: text('BACKUP_SERVERS/CustomFTPUName', '', anyText, 'User name at that server.'),
  customFtpPassword: secret('BACKUP_SERVERS/CustomFTPPwd', 'Password at that server.'),
  cdrBackup: flag(
    'BACKUP_SERVERS/CDRBackup',
    false,
    'Pass call detail records on; set it at both ends.',
  ),
  bcmsBackup: flag(
    'BACKUP_SERVERS/BCMSBackup',
    false,
    'Pass call measurement records on; set it at both ends.',
  ),
  retainDays: decimal(
    'BACKUP_SERVERS/RetainDays',
    7,
    { from: 0.01, to: 3650 },
    'Days that passed-on records are kept; the receiving end adds a week.',
  ),
  purgeGuard: whole(
    'BACKUP_SERVERS/PurgeGuardPercent',
    60,
    { from: 1, to: 100 },
    'Share of the records that may be purged at once; more is taken for a fault and stopped.',
  ),
  recordGapHours: whole(
    'BACKUP_SERVERS/RecordGapHours',
    25,
    { from: 1, to: 8760 },
    'Hours without records of a branch that sends some, after which the hub says so.',
  ),
  cdrInboxDir: folder(
    'BACKUP_SERVERS/CDRInboxDir',
    { from: 'DataDir', path: 'CDRdata' },
    "At a hub: the collector's folder, where the branches' call detail records are delivered.",
  ),
  bcmsInboxDir: folder(
    'BACKUP_SERVERS/BCMSInboxDir',
    { from: 'DataDir', path: 'BCMSdata' },
    "At a hub: the collector's folder, where the branches' call measurement records are delivered.",
  ),
});

/** [HUB]: the port of its own that branches use (design D7). */
export const hubSettings = Type.Object({
  port: port('HUB/HubPort', defaultHubPort, 'TCP port for joined branches, by mutual TLS.'),
  joinPort: port('HUB/JoinPort', 4412, 'TCP port for joining, open only while an invitation is.'),
  name: text(
    'HUB/HubName',
    '',
    hostForm,
    'Host name or IP address by which branches reach this hub; stands in invitations and its certificate.',
    { otherwise: "`IPAddress`, else this machine's host name" },
  ),
  certDays: whole(
    'HUB/CertDays',
    30,
    { from: 1, to: 825 },
    "Days that a branch's certificate is valid; it is renewed after two thirds.",
  ),
  invitationHours: whole(
    'HUB/InvitationHours',
    24,
    { from: 1, to: 720 },
    'Hours that an invitation may be used, once.',
    { restart: false },
  ),
  peerHub: flag(
    'HUB/PeerHub',
    false,
    'Another hub takes call records of the same branches: agree with it, so that each record is delivered once.',
  ),
  peerName: text(
    'HUB/PeerName',
    '',
    anyText,
    'Name under which that hub joined this one; it alone may read which records are here.',
  ),
  reconcileSeconds: whole(
    'HUB/ReconcileSeconds',
    30,
    { from: 1, to: 3600 },
    'Seconds between two looks at its records; sooner when records have come.',
  ),
  peerMirror: flag(
    'HUB/PeerMirror',
    false,
    'Hold the trees, Updates and what telephones save the same at both servers of a pair; set it at both.',
  ),
  mirrorSeconds: whole(
    'HUB/MirrorSeconds',
    5,
    { from: 1, to: 3600 },
    'Seconds between two looks for what somebody has changed by hand in these folders.',
  ),
});

/** [MANAGER]: web administration, a program of its own (Guide p. 8 and 46). */
export const managerSettings = Type.Object({
  port: port('MANAGER/ManagerPort', 6099, 'TCP port of the web administration.'),
  https: flag(
    'MANAGER/ManagerHTTPS',
    false,
    'Serve the web administration by HTTPS, TLS 1.2 or later, and by nothing else.',
  ),
  certFile: filePath(
    'MANAGER/ManagerCertFile',
    'Certificate that browsers are shown, as PEM; for ManagerHTTPS=1.',
    { otherwise: 'one that the manager makes for itself' },
  ),
  keyFile: filePath('MANAGER/ManagerKeyFile', 'Private key of that certificate, as PEM.', {
    otherwise: 'that of the one it makes for itself',
  }),
});
