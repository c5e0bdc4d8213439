import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';

type Https = Pick<SettingsValues['https'], 'tlsV1' | 'ipTel'> & {
  readonly ports: readonly number[];
  readonly oldTlsPorts: readonly number[];
};

/**
 * Which TCP ports speak TLS 1.2 and 1.3, and which TLS 1.0 and 1.1; none does both. In the Guide IPTel=1 narrows the
 * only port there is (p. 25): here the first of HTTPSPort, unless OldTLSPort says which.
 */
export function httpsPorts({ ports, oldTlsPorts, ipTel, tlsV1 }: Https): {
  readonly modern: readonly number[];
  readonly old: readonly number[];
} {
  const old = oldTlsPorts.length > 0 || !ipTel ? oldTlsPorts : ports.slice(0, 1);
  const named = new Set(old.filter((port) => port !== 0));
  // Port 0 is any free one: it is the same one for nobody.
  const rest = oldTlsPorts.length > 0 || !ipTel ? ports : ports.slice(1);
  return { modern: tlsV1 ? rest.filter((port) => !named.has(port)) : [], old };
}

/** Old and broken protocols. Refused, never silently turned off: somebody believes that they are on. */
export function checkTls({ https, manager }: SettingsValues, report: RuleReport): void {
  const broken =
    'is refused: this protocol is broken, and everybody can read and change what it carries';
  if (https.sslV2) report.fault('HTTPS/SSLV2', `${broken}; set it to 0`);
  if (https.sslV3) report.fault('HTTPS/SSLV3', `${broken}; set it to 0`);
  if (https.enabled && !https.tlsV1 && !https.ipTel) {
    const switches = ['HTTPS/RunHTTPS', 'HTTPS/IPTel'] as const;
    report.fault('HTTPS/TLSV1', 'leaves HTTPS without a protocol; set it to 1', ...switches);
  }
  requirePair(report, ['HTTPS/CertFile', https.certFile], ['HTTPS/KeyFile', https.keyFile]);
  requirePair(
    report,
    ['HTTPS/ECDSACertFile', https.ecdsaCertFile],
    ['HTTPS/ECDSAKeyFile', https.ecdsaKeyFile],
  );
  requirePair(
    report,
    ['MANAGER/ManagerCertFile', manager.certFile],
    ['MANAGER/ManagerKeyFile', manager.keyFile],
  );
  if (https.ecdsaCertFile !== '' && https.certFile === '') {
    report.fault(
      'HTTPS/ECDSACertFile',
      'needs an RSA certificate of yours in CertFile beside it; one ECDSA certificate alone goes into CertFile',
      'HTTPS/CertFile',
    );
  }
  if (https.clientAuth && https.clientCaFile === '') {
    report.fault(
      'HTTPS/ClientAuth',
      'needs ClientCAFile, the certificates of the authorities whose clients are let in',
      'HTTPS/ClientCAFile',
    );
  }
  if (https.enabled) warnOfOldTls(https, report);
}

type NamedFile = readonly [ini: IniName, file: string];

function requirePair(report: RuleReport, certificate: NamedFile, key: NamedFile): void {
  if ((certificate[1] === '') === (key[1] === '')) return;
  const [[named], [missing]] = key[1] === '' ? [certificate, key] : [key, certificate];
  const { key: word } = report.subject(missing);
  report.fault(named, `needs ${word} beside it: certificate and key belong together`, missing);
}

function warnOfOldTls(https: SettingsValues['https'], report: RuleReport): void {
  const { modern, old } = httpsPorts(https);
  if (old.length === 0) return;
  const where = old.length === 1 ? `port ${old.join()}` : `ports ${old.join(', ')}`;
  const switches = ['HTTPS/OldTLSPort', 'HTTPS/HTTPSPort', 'HTTPS/TLSV1'] as const;
  if (https.ipTel) {
    report.warn(
      'HTTPS/IPTel',
      `opens ${where} to TLS 1.0 without encryption: everybody on the way can read along; turn it off with the last telephone that needs it`,
      ...switches,
    );
  } else {
    report.warn(
      'HTTPS/OldTLSPort',
      `opens ${where} to TLS 1.0 and 1.1, which are broken (RFC 8996); remove it with the last telephone that needs it`,
      ...switches,
    );
  }
  if (modern.length > 0) return;
  report.warn(
    https.ipTel ? 'HTTPS/IPTel' : 'HTTPS/OldTLSPort',
    `leaves no port for TLS 1.2 and 1.3: telephones of today find none; ${https.tlsV1 ? 'name a second port in HTTPSPort, such as 411,443' : 'set TLSV1=1'}`,
    ...switches,
  );
}
