import path from 'node:path';
import { defaultLimits } from '#libs/archive';
import type { ApplicationFolder } from '#libs/ftp';
import { faultLine, httpsPorts, isInside, loadSettings, type Settings } from '#libs/settings';
import type { BranchPlan, FtpPlan, HttpsPlan, RecordKind, ServerPlan } from './server-plan.ts';
import { snmpPlan } from './snmp-plan.ts';
import { steeringPlan } from './steering-plan.ts';

const mebibyte = 1024 * 1024;
const dayMs = 86_400_000;

/**
 * The plan of the server whose settings are in `file`; `forServing` also refuses what only a server would stumble over.
 * @throws SettingsError with every fault.
 */
export async function loadPlan(file: string, forServing = false): Promise<ServerPlan> {
  return planOf(await loadSettings(file, { env: process.env, forServing }));
}

/** From what the operator asked for to what is to run: the only place that knows the settings and the libs. */
export function planOf(settings: Settings): ServerPlan {
  const { server, tftp, http, https, ftp, ftps, updates, hub, backupServers } = settings.values;
  return {
    ...steeringPlan(settings),
    bindAddress: server.bindAddress,
    folders: {
      state: server.stateDir,
      certificates: server.certDir,
      updates: server.updatesDir,
      backup: server.backupDir,
      records: {
        cdr: {
          collected: server.cdrDir,
          received: server.cdrBackupDir,
          inbox: backupServers.cdrInboxDir,
        },
        bcms: {
          collected: server.bcmsDir,
          received: server.bcmsBackupDir,
          inbox: backupServers.bcmsInboxDir,
        },
      },
      trees: { TFTP: tftp.dir, FTP: ftp.dir, HTTP: http.dir, HTTPS: https.dir },
    },
    status: server.runStatus
      ? { port: server.statusPort, refreshS: server.statusRefresh, apiToken: server.apiToken }
      : undefined,
    tftp: tftp.enabled
      ? {
          port: tftp.port,
          dataPorts: tftp.dataPorts,
          batching: tftp.batching,
          maxClients: tftp.maxClients,
          sessionMs: tftp.clientSession * 1_000,
        }
      : undefined,
    ftp: ftp.enabled || ftps.enabled ? ftpPlan(settings) : undefined,
    snmp: snmpPlan(settings),
    http: http.enabled ? { ports: http.ports } : undefined,
    https: https.enabled ? httpsPlan(https) : undefined,
    phoneCertificates: {
      pairs: phonePairs(settings),
      clientAuthorityFile: https.clientAuth ? https.clientCaFile : undefined,
    },
    uploads: uploadPlan(settings),
    hub: backupServers.fileServer
      ? {
          takes: recordKinds(settings),
          hubPort: hub.port,
          joinPort: hub.joinPort,
          address: hub.name,
          names: [...new Set([hub.name, server.ipAddress, '127.0.0.1', 'localhost'])].filter(
            (name) => name !== '',
          ),
          branchCertificateMs: hub.certDays * dayMs,
          invitationMs: hub.invitationHours * 3_600_000,
          pair: hub.peerHub
            ? {
                peer: hub.peerName,
                everyMs: hub.reconcileSeconds * 1_000,
                mirrorMs: hub.peerMirror ? hub.mirrorSeconds * 1_000 : undefined,
              }
            : undefined,
        }
      : undefined,
    branch: isBranch(settings) ? branchPlan(settings) : undefined,
    publishing: {
      patterns46xx: updates.patterns46xx,
      limits: {
        ...defaultLimits,
        archiveBytes: updates.maxArchiveMB * mebibyte,
        memberBytes: updates.maxMemberMB * mebibyte,
        totalBytes: updates.maxUnpackedMB * mebibyte,
        entries: updates.maxMembers,
        ratio: updates.maxRatio,
      },
      reserveBytes: updates.reserveMB * mebibyte,
      keepPrevious: updates.keepReleases,
      settleMs: updates.settleSeconds * 1_000,
      rescanMs: updates.rescanSeconds * 1_000,
    },
    intakes: intakesPlan(settings),
    retention: {
      retainMs: backupServers.retainDays * dayMs,
      guard: backupServers.purgeGuard,
      gapMs: backupServers.recordGapHours * 3_600_000,
    },
    archive: server.archive,
    customFtp: customFtpPlan(settings),
    log: {
      detailed: server.detailedLog,
      file: server.logFile || undefined,
      maxBytes: server.logMaxMB * mebibyte,
      files: server.logFiles - 1,
    },
    disks: {
      lowPercent: Math.min(server.diskLowPercent, server.diskAlarmPercent),
      alarmPercent: server.diskAlarmPercent,
    },
    audit: server.auditLog
      ? {
          folder: path.join(server.stateDir, 'audit'),
          maxBytes: server.auditMaxMB * mebibyte,
          maxAgeMs: server.auditDays * dayMs,
        }
      : undefined,
    warnings: settings.warnings.map((warning) => faultLine(settings.file, warning)),
  };
}

function uploadPlan({ values: { uploads } }: Settings): ServerPlan['uploads'] {
  return {
    backups: uploads.backup
      ? {
          names: uploads.backupNames,
          folder: uploads.backupDir,
          proof: uploads.backupProof,
          maxBytes: uploads.backupMaxKB * 1024,
          maxFiles: uploads.backups,
          maxTotalBytes: uploads.backups * uploads.backupMaxKB * 1024,
          keepVersions: uploads.backupVersions,
        }
      : undefined,
    devices:
      uploads.deviceNames.length > 0
        ? {
            names: uploads.deviceNames,
            folder: uploads.deviceDir,
            maxBytes: uploads.deviceMaxMB * mebibyte,
            maxFiles: uploads.devices,
            maxTotalBytes: uploads.deviceTotalMB * mebibyte,
            keepVersions: uploads.deviceVersions,
          }
        : undefined,
  };
}

function intakesPlan({ values: { records } }: Settings): ServerPlan['intakes'] {
  return {
    link: records.link
      ? { port: records.linkPort, peers: records.linkPeers, kind: records.linkKind }
      : undefined,
    web: records.web
      ? {
          port: records.webPort,
          path: records.webPath,
          peers: records.webPeers,
          password: records.webPassword,
          kind: records.webKind,
          maxBytes: records.webMaxKB * 1024,
        }
      : undefined,
    pattern: records.fileName,
    cut: { bytes: records.cutKB * 1024, ms: records.cutMinutes * 60_000 },
    silenceMs: records.silenceMinutes * 60_000,
  };
}

function customFtpPlan({ values }: Settings): ServerPlan['customFtp'] {
  const wants = values.backupServers;
  if (!wants.customFtp) return undefined;
  return {
    host: wants.customFtpHost,
    port: wants.customFtpPort || (wants.customFtpTls === 2 ? 990 : 21),
    user: wants.customFtpUser,
    password: wants.customFtpPassword,
    folder: wants.customFtpDir,
    tls: (['none', 'explicit', 'implicit'] as const)[wants.customFtpTls],
    verify: wants.customFtpVerify,
    authorityFile: wants.customFtpCaFile || undefined,
  };
}

function ftpPlan({ file, values }: Settings): FtpPlan {
  const { server, ftp, ftps, tftp, http, https, manager } = values;
  const folders: readonly ApplicationFolder[] = [
    { name: 'FTPdata', folder: ftp.dir },
    { name: 'TFTPdata', folder: tftp.dir },
    { name: 'HTTPdata', folder: http.dir },
    { name: 'HTTPSdata', folder: https.dir },
    { name: 'Updates', folder: server.updatesDir },
    { name: 'Backup', folder: server.backupDir },
    { name: 'CDRdata', folder: server.cdrDir },
    { name: 'BCMSdata', folder: server.bcmsDir },
    { name: 'CDRBackup', folder: server.cdrBackupDir },
    { name: 'BCMSBackup', folder: server.bcmsBackupDir },
    { name: 'Scan', folder: server.scanDir },
  ];
  const keys = [https.keyFile, https.ecdsaKeyFile, manager.keyFile];
  const secrets = [server.stateDir, server.certDir, path.resolve(file), ...keys];
  const visible = folders.filter(
    ({ folder }) => !secrets.some((secret) => secret !== '' && isInside(secret, folder)),
  );
  return {
    servers: [
      ...(ftp.enabled ? [{ name: 'ftp' as const, port: ftp.port, activePort: ftp.dataPort }] : []),
      ...(ftps.enabled
        ? [{ name: 'ftps' as const, port: ftps.port, activePort: ftps.dataPort }]
        : []),
    ],
    passivePorts: ftp.passivePorts,
    passiveAddress: ftp.passiveAddress || undefined,
    resumedOnly: ftp.tlsReuse,
    limits: {
      silenceMs: ftp.timeoutSeconds * 1_000,
      maxSessions: ftp.maxSessions,
      maxSessionsPerAddress: ftp.maxSessionsPerAddress,
    },
    superUser: ftp.superUser
      ? {
          name: ftp.superUserName,
          password: ftp.superUserPassword,
          maxBytes: ftp.maxUploadMB * mebibyte,
          folders: visible,
        }
      : undefined,
  };
}

function httpsPlan(https: Settings['values']['https']): HttpsPlan {
  const { modern, old } = httpsPorts(https);
  return {
    ports: modern,
    oldTls:
      old.length === 0
        ? undefined
        : { ports: old, encrypted: https.tlsV1, unencrypted: https.ipTel },
  };
}

/** The administrator's, or two of our own. */
function phonePairs({
  values: { https, server },
}: Settings): ServerPlan['phoneCertificates']['pairs'] {
  const folder = path.join(server.certDir, 'phones');
  if (https.certFile === '') {
    return [
      {
        kind: 'rsa',
        certFile: path.join(folder, 'certificate.pem'),
        keyFile: path.join(folder, 'key.pem'),
      },
      {
        kind: 'ec',
        certFile: path.join(folder, 'ecdsa-certificate.pem'),
        keyFile: path.join(folder, 'ecdsa-key.pem'),
      },
    ];
  }
  const { certFile, keyFile, ecdsaCertFile, ecdsaKeyFile } = https;
  return [
    { kind: 'rsa', certFile, keyFile },
    ...(ecdsaCertFile === ''
      ? []
      : [{ kind: 'ec', certFile: ecdsaCertFile, keyFile: ecdsaKeyFile } as const]),
  ];
}

/** The proxy towards hubs, also while this server has no hub yet. */
export async function proxyOf(file: string): Promise<BranchPlan['proxy']> {
  return proxyPlan(await loadSettings(file, { env: process.env }));
}

function proxyPlan({ values: { https } }: Settings): BranchPlan['proxy'] {
  if (!https.useProxy) return undefined;
  const { proxyAddr: address, proxyPort: port, proxyUser: user, proxyPassword: password } = https;
  return { address, port, ...(user !== '' && { user, password }) };
}

const recordKinds = ({ values: { backupServers } }: Settings): RecordKind[] => [
  ...(backupServers.cdrBackup ? (['cdr'] as const) : []),
  ...(backupServers.bcmsBackup ? (['bcms'] as const) : []),
];

/** A hub that only receives records sets the same keys for them (Guide, figure 7, p. 44). */
const isBranch = ({ values: { backupServers: wants }, upstreams }: Settings): boolean =>
  wants.requestUpdates ||
  (upstreams.length > 0 && (wants.requestBackup || wants.cdrBackup || wants.bcmsBackup));

const branchPlan = (settings: Settings): BranchPlan => ({
  peers: settings.upstreams.map(({ name, host, port }) => ({ peer: name, host, port })),
  interval: settings.values.backupServers.updateInterval,
  pulls: settings.values.backupServers.requestUpdates,
  sends: {
    backup: settings.values.backupServers.requestBackup,
    cdr: settings.values.backupServers.cdrBackup,
    bcms: settings.values.backupServers.bcmsBackup,
  },
  proxy: proxyPlan(settings),
});
