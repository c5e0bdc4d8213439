import path from 'node:path';
import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';

/** Old and broken protocols. Refused, never silently turned off: somebody believes that they are on. */
export function checkTls({ https }: SettingsValues, report: RuleReport): void {
  const broken =
    'is refused: this protocol is broken, and everybody can read and change what it carries';
  if (https.sslV2) report.fault('HTTPS/SSLV2', `${broken}; set it to 0`);
  if (https.sslV3) report.fault('HTTPS/SSLV3', `${broken}; set it to 0`);
  if (https.enabled && !https.tlsV1 && !https.ipTel) {
    report.fault('HTTPS/TLSV1', 'leaves HTTPS without a protocol; set it to 1', 'HTTPS/RunHTTPS');
  }
  if ((https.certFile === '') !== (https.keyFile === '')) {
    const [named, missing]: [IniName, string] =
      https.keyFile === '' ? ['HTTPS/CertFile', 'KeyFile'] : ['HTTPS/KeyFile', 'CertFile'];
    report.fault(named, `needs ${missing} beside it: certificate and key belong together`);
  }
}

/** Passwords that stand in the Guide (p. 23, 25 and 46), and so are known to everybody. */
const knownPasswords = ['avaya', 'jerry'];
export const isKnownPassword = (password: string): boolean =>
  knownPasswords.includes(password.toLowerCase());

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
  } else if (ftp.superUser && ftp.superUserPassword === '') {
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
  if (isKnownPassword(server.apiToken)) {
    report.warn('Settings/ApiToken', 'is a word that everybody knows: the API stays closed');
    server.apiToken = '';
  } else if (server.apiToken !== '' && server.apiToken.length < minTokenLength) {
    report.warn('Settings/ApiToken', `is easy to guess; use ${minTokenLength} characters or more`);
  }
}

/** Nothing secret below a folder that telephones read, and no such folder below Updates, which would feed itself. */
export function checkFolders(values: SettingsValues, report: RuleReport): void {
  const { server, ftp, tftp, http, https } = values;
  const trees: readonly [IniName, string][] = [
    ['FTP/FTPDir', ftp.dir],
    ['TFTP/TFTPDir', tftp.dir],
    ['HTTP/HTTPDir', http.dir],
    ['HTTPS/HTTPSDir', https.dir],
  ];
  const secrets: readonly [IniName, string][] = [
    ['Settings/StateDir', server.stateDir],
    ['Settings/CertDir', server.certDir],
    ['HTTPS/KeyFile', https.keyFile],
  ];
  for (const [tree, treeDir] of trees) {
    const { section, key } = report.subject(tree);
    for (const [secret, place] of secrets) {
      if (place === '' || !isInside(place, treeDir)) continue;
      const [about, other] = report.isSet(secret) ? [secret, tree] : [tree, secret];
      report.fault(
        about,
        `would let telephones read ${place}: keep it out of [${section}] ${key}, ${treeDir}`,
        other,
      );
    }
    if (!isInside(treeDir, server.updatesDir)) continue;
    const [about, other]: [IniName, IniName] = report.isSet(tree)
      ? [tree, 'Settings/UpdatesDir']
      : ['Settings/UpdatesDir', tree];
    report.fault(
      about,
      `puts ${treeDir}, where updates are published, into UpdatesDir, ${server.updatesDir}, where they come from`,
      other,
    );
  }
}

/** True for the folder itself, too. */
function isInside(place: string, folder: string): boolean {
  const way = path.relative(folder, place);
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way));
}
