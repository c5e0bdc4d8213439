import path from 'node:path';
import { isBelow, type Paths } from '#libs/files';
import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';

/** Passwords that stand in the Guide (p. 23, 25 and 46), and so are known to everybody. */
const knownPasswords = ['avaya', 'jerry'];
export const isKnownPassword = (password: string): boolean =>
  knownPasswords.includes(password.toLowerCase());

/** As `branchline config set-password` writes it. */
const hashed = '$scrypt$';
const hashForm = /^\$scrypt\$ln=\d{1,2},r=\d{1,2},p=\d\$[\w-]{11,86}\$[\w-]{22,86}$/;

const minTokenLength = 16;

/**
 * Close the doors that a known password would open, so that the Guide's samples load and nobody gets in.
 * Changes `values`.
 */
export function closeKnownDoors(values: SettingsValues, report: RuleReport): void {
  const { ftp, backupServers, server } = values;
  if (isKnownPassword(ftp.superUserPassword)) {
    if (ftp.superUser) {
      report.warn(
        'FTP/SUPassword',
        'is a password that everybody knows: the super user stays disabled until you set your own',
      );
    }
    ftp.superUserPassword = '';
    ftp.superUser = false;
  } else if (ftp.superUserPassword.startsWith(hashed)) {
    if (!hashForm.test(ftp.superUserPassword)) {
      report.fault(
        'FTP/SUPassword',
        'is not whole: set it again with "branchline config set-password"',
      );
    }
  } else if (ftp.superUserPassword !== '') {
    const { key, source } = report.subject('FTP/SUPassword');
    if (source.from === 'file' && !/file$/i.test(key)) {
      report.warn(
        'FTP/SUPassword',
        'stands here for everybody to read: "branchline config set-password" replaces it by its hash',
      );
    }
  } else if (ftp.superUser) {
    report.fault('FTP/EnableSU', 'needs SUPassword, a password of your own', 'FTP/SUPassword');
  }
  if (isKnownPassword(backupServers.customFtpPassword)) {
    if (backupServers.customFtp) {
      report.warn(
        'BACKUP_SERVERS/CustomFTPPwd',
        'is a password that everybody knows: CustomFTP stays disabled until you set your own',
      );
    }
    backupServers.customFtpPassword = '';
    backupServers.customFtp = false;
  }
  if (backupServers.customFtp && backupServers.customFtpHost === '') {
    report.warn(
      'BACKUP_SERVERS/CustomFTP',
      'needs CustomFTPHost, the FTP server: no archive is sent until you set it',
      'BACKUP_SERVERS/CustomFTPHost',
    );
    backupServers.customFtp = false;
  }
  if (backupServers.customFtp && !server.archive) {
    report.warn(
      'BACKUP_SERVERS/CustomFTP',
      'sends the archive that Archive=1 makes: set that as well',
      'Settings/Archive',
    );
  }
  if (
    backupServers.customFtp &&
    backupServers.customFtpTls !== 0 &&
    !backupServers.customFtpVerify
  ) {
    report.warn(
      'BACKUP_SERVERS/CustomFTPVerify',
      'lets everybody on the way pose as that server and read the password: name its authority in CustomFTPCAFile',
    );
  }
  if (isKnownPassword(server.apiToken)) {
    report.warn('Settings/ApiToken', 'is a word that everybody knows: the API stays closed');
    server.apiToken = '';
  } else if (server.apiToken !== '' && server.apiToken.length < minTokenLength) {
    report.warn('Settings/ApiToken', `is easy to guess; use ${minTokenLength} characters or more`);
  }
}

/**
 * Nothing secret below a folder that telephones read, and no such folder below Updates, which would feed itself.
 * `file` is the settings file.
 */
export function checkFolders(values: SettingsValues, file: string, report: RuleReport): void {
  const { server, ftp, tftp, http, https, uploads, manager } = values;
  const trees: readonly (readonly [IniName, string])[] = [
    ['FTP/FTPDir', ftp.dir],
    ['TFTP/TFTPDir', tftp.dir],
    ['HTTP/HTTPDir', http.dir],
    ['HTTPS/HTTPSDir', https.dir],
  ];
  for (const [tree, folder] of trees) {
    const secrets: readonly (readonly [IniName, string])[] = [
      ['Settings/StateDir', server.stateDir],
      ['Settings/CertDir', server.certDir],
      ['HTTPS/KeyFile', https.keyFile],
      ['HTTPS/ECDSAKeyFile', https.ecdsaKeyFile],
      ['MANAGER/ManagerKeyFile', manager.keyFile],
      // Given to the telephone that they belong to, not to whoever asks.
      ['UPLOADS/HTTPBackupDir', uploads.backupDir],
      ['UPLOADS/UploadDir', uploads.deviceDir],
      [tree, file],
    ];
    for (const [secret, place] of secrets) {
      if (place === '' || !isInside(place, folder)) continue;
      const sentence = `would let telephones read ${place}: keep it out of their folder ${folder}`;
      report.fault(report.isSet(secret) ? secret : tree, sentence, secret, tree);
    }
    const updates = 'Settings/UpdatesDir';
    if (!isInside(folder, server.updatesDir)) continue;
    const sentence = `has ${folder}, where updates are published, inside ${server.updatesDir}, where they come from`;
    report.fault(report.isSet(tree) ? tree : updates, sentence, tree, updates);
  }
}

/** True for the folder itself, too. */
export const isInside = (place: string, folder: string, paths: Paths = path): boolean =>
  paths.relative(folder, place) === '' || isBelow(place, folder, paths);
