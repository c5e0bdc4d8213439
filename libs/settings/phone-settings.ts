import { Type } from 'typebox';
import {
  dataPortsForm,
  hostForm,
  ipv4Form,
  passivePortsForm,
  objectForm,
  snmpParamsForm,
  verbatimForm,
} from './form.ts';
import {
  anyText,
  decimal,
  filePath,
  flag,
  folder,
  port,
  ports,
  secret,
  setting,
  text,
  whole,
} from './setting.ts';
import { maskSnmpParams } from './snmp-params.ts';

/** [FTP] and [FTPS]: backups of 4600 telephones (Guide p. 16, 23 and 30). */
export const ftpSettings = Type.Object({
  enabled: flag('FTP/RunFTP', true, 'Serve FTP.'),
  port: port('FTP/FTPPort', 21, 'TCP port of FTP commands.'),
  dataPort: port('FTP/FTPDataPort', 20, 'TCP port that active data connections come from.'),
  dir: folder(
    'FTP/FTPDir',
    { from: 'DataDir', path: 'FTPdata' },
    "Tree of the telephones' backups.",
  ),
  timeoutSeconds: whole(
    'FTP/FTP_TimeOut',
    5,
    { from: 1, to: 3600 },
    'Seconds that a telephone may be silent between two commands.',
    { changed: 'the super user, who is a person, may be silent for five minutes' },
  ),
  passivePorts: setting(
    Type.Union([Type.Literal('any'), Type.Object({ from: Type.Integer(), to: Type.Integer() })], {
      default: 'any',
      description:
        'TCP ports that data connections come to: `any` 64 free ones, or a range for a firewall.',
    }),
    { ini: 'FTP/PassivePorts', form: passivePortsForm },
  ),
  passiveAddress: text(
    'FTP/PassiveAddress',
    '',
    ipv4Form,
    'IPv4 address that clients are told to send data to, when this server is behind NAT.',
  ),
  tlsReuse: flag(
    'FTP/RequireTLSReuse',
    false,
    'Data connections must resume a TLS session of this server; old telephones cannot.',
  ),
  maxSessions: whole(
    'FTP/MaxSessions',
    2048,
    { from: 1, to: 20_000 },
    'Sessions at a time, of FTP and of FTPS each.',
  ),
  maxSessionsPerAddress: whole(
    'FTP/MaxSessionsPerAddress',
    64,
    { from: 1, to: 20_000 },
    'Sessions at a time from one address.',
  ),
  maxUploadMB: whole(
    'FTP/MaxUploadMB',
    2048,
    { from: 1, to: 1_000_000 },
    'Largest file that the super user may store, in megabytes.',
  ),
  superUser: flag('FTP/EnableSU', false, 'Let the super user in; needs a password of your own.', {
    changed: 'a password that stands in the Guide does not open it',
  }),
  superUserName: text('FTP/SUUserName', 'mvuser', anyText, 'Name of the super user.'),
  superUserPassword: secret('FTP/SUPassword', 'Password of the super user.'),
});

export const ftpsSettings = Type.Object({
  enabled: flag('FTPS/RunFTPS', false, 'Serve FTP over TLS.'),
  port: port('FTPS/FTPSPort', 990, 'TCP port of FTPS commands.', { aliases: ['FTPPort'] }),
  dataPort: port('FTPS/FTPSDataPort', 889, 'TCP port that active data connections come from.', {
    aliases: ['FTPDataPort'],
  }),
});

/** [TFTP] (Guide p. 15, 24, 31 and "Improving TFTP Reliability", p. 40). */
export const tftpSettings = Type.Object({
  enabled: flag('TFTP/RunTrivialFTP', true, 'Serve TFTP.'),
  port: port('TFTP/TrivialFTPPort', 69, 'UDP port that telephones ask.'),
  dir: folder('TFTP/TFTPDir', { from: 'DataDir', path: 'TFTPdata' }, 'Tree of files by TFTP.', {
    aliases: ['TFTPSDir'],
  }),
  dataPorts: setting(
    Type.Union(
      [
        Type.Literal('any'),
        Type.Literal('request port'),
        Type.Object({ from: Type.Integer(), to: Type.Integer() }),
      ],
      {
        default: 'any',
        description:
          'UDP ports that answers come from: `any` free ones, a range for a firewall, or `request` for the port that was asked.',
      },
    ),
    { ini: 'TFTP/TFTPDataPorts', form: dataPortsForm },
  ),
  batching: flag(
    'TFTP/Batching',
    true,
    'Send and receive many datagrams with one system call, on Linux with the package koffi; elsewhere without effect.',
  ),
  maxClients: whole(
    'TFTP/MaxClients',
    0,
    { from: 0, to: 1_000_000 },
    'Telephones (individual addresses) that are served at a time; 0 for no limit.',
  ),
  clientSession: whole(
    'TFTP/ClientSession',
    0,
    { from: 0, to: 86_400 },
    'Seconds that a telephone keeps its place among MaxClients, from its first request on; 0 for as long as the server runs.',
  ),
});

/** [HTTP] (Guide p. 17, 24 and 31). */
export const httpSettings = Type.Object({
  enabled: flag('HTTP/RunHTTP', true, 'Serve HTTP.'),
  ports: ports('HTTP/HTTPPort', [81, 80], 'TCP ports; telephones try 81, then 80.'),
  dir: folder('HTTP/HTTPDir', { from: 'DataDir', path: 'HTTPdata' }, 'Tree of files by HTTP.'),
});

/** [HTTPS]: towards telephones; servers speak to each other on the hub's own port (Guide p. 17, 25 and 31). */
export const httpsSettings = Type.Object({
  enabled: flag('HTTPS/RunHTTPS', false, 'Serve HTTPS.'),
  ports: ports('HTTPS/HTTPSPort', [411, 443], 'TCP ports; telephones try 411.'),
  dir: folder('HTTPS/HTTPSDir', { from: 'DataDir', path: 'HTTPSdata' }, 'Tree of files by HTTPS.'),
  certFile: filePath('HTTPS/CertFile', 'Certificate that telephones are shown, as PEM.', {
    otherwise: 'an RSA and an ECDSA one that this server makes for itself',
  }),
  keyFile: filePath('HTTPS/KeyFile', 'Private key of that certificate, as PEM.', {
    otherwise: 'those that this server makes for itself',
  }),
  ecdsaCertFile: filePath(
    'HTTPS/ECDSACertFile',
    'Second certificate, beside an RSA one in CertFile: quicker, for telephones that know ECDSA.',
    { otherwise: 'none where CertFile is set' },
  ),
  ecdsaKeyFile: filePath('HTTPS/ECDSAKeyFile', 'Private key of that certificate, as PEM.', {
    otherwise: 'none where CertFile is set',
  }),
  clientAuth: flag(
    'HTTPS/ClientAuth',
    false,
    'Let only clients in that show a certificate of an authority in ClientCAFile.',
    { changed: 'needs ClientCAFile, the authorities of the clients' },
  ),
  clientCaFile: filePath(
    'HTTPS/ClientCAFile',
    'Certificates of the authorities of clients, as PEM; for ClientAuth=1.',
    { otherwise: 'none' },
  ),
  ipTel: flag(
    'HTTPS/IPTel',
    false,
    'Old telephones also get TLS 1.0 without encryption (RSA_NULL_SHA), on the ports of OldTLSPort.',
    { changed: 'one port is for old telephones, the others stay as they are: see OldTLSPort' },
  ),
  oldTlsPorts: ports(
    'HTTPS/OldTLSPort',
    [],
    'TCP ports that speak TLS 1.0 and 1.1 to old telephones, and nothing newer; a port that HTTPSPort names too is one of these.',
    { otherwise: 'none; with IPTel=1 the first of HTTPSPort' },
  ),
  sslV2: flag('HTTPS/SSLV2', false, 'Refused when 1: SSL 2 is broken.'),
  sslV3: flag('HTTPS/SSLV3', false, 'Refused when 1: SSL 3 is broken.'),
  tlsV1: flag(
    'HTTPS/TLSV1',
    true,
    'Speak TLS 1.2 and 1.3; on the ports of OldTLSPort, TLS 1.0 and 1.1 with AES.',
    { changed: 'the TLS 1.0 of its time is spoken on the ports of OldTLSPort only' },
  ),
  useProxy: flag('HTTPS/UseProxy', false, 'Reach the file servers through an HTTPS proxy.'),
  proxyAddr: text('HTTPS/ProxyAddr', '', hostForm, 'Host name or IP address of the proxy.'),
  proxyPort: whole('HTTPS/ProxyPort', 9000, { from: 1, to: 65_535 }, 'TCP port of the proxy.'),
  proxyUser: text('HTTPS/ProxyUser', '', anyText, 'User name at the proxy.'),
  proxyPassword: secret('HTTPS/ProxyPassword', 'Password at the proxy.'),
});

const noProgram = 'this server asks by itself, and no setting ever starts a program';

/** [SNMP]: who a telephone is (Guide p. 26 and 33). */
export const snmpSettings = Type.Object({
  enabled: flag('SNMP/UseSNMP', true, 'Ask a telephone by SNMP who it is before FTP is served.'),
  command: text('SNMP/Command', '', verbatimForm('a text'), 'The program that asks a telephone.', {
    noEffect: noProgram,
  }),
  params: text(
    'SNMP/Params',
    ' -v2c -cpublic',
    snmpParamsForm,
    'Version and community, or the user of SNMP v3, as options of snmpget.',
    { secret: true, mask: maskSnmpParams },
  ),
  extObject: text(
    'SNMP/ExtObject',
    '.1.3.6.1.4.1.6889.2.69.1.4.9.0',
    objectForm,
    "Object that holds the telephone's extension.",
  ),
  typeObject: text(
    'SNMP/TypeObject',
    '.1.3.6.1.4.1.6889.2.69.1.1.2.0',
    objectForm,
    "Object that holds the telephone's type.",
  ),
  awk: text('SNMP/Awk', '', verbatimForm('a text'), 'The program that cuts its answer out.', {
    noEffect: noProgram,
  }),
  port: whole('SNMP/Port', 161, { from: 1, to: 65_535 }, 'UDP port where telephones are asked.', {
    aliases: ['SNMPPort'],
  }),
  timeoutSeconds: decimal(
    'SNMP/TimeOut',
    1,
    { from: 0.1, to: 30 },
    'Seconds until a telephone is asked again.',
  ),
  retries: whole(
    'SNMP/Retries',
    1,
    { from: 0, to: 9 },
    'How often a telephone that does not answer is asked again.',
  ),
  cacheSeconds: whole(
    'SNMP/CacheSeconds',
    60,
    { from: 0, to: 3600 },
    'Seconds that an answer counts: who logs in at another telephone may wait this long for the backup.',
  ),
  failureSeconds: whole(
    'SNMP/FailureSeconds',
    5,
    { from: 0, to: 3600 },
    'Seconds until a telephone that did not answer is asked again.',
  ),
});
