import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpsPorts, loadSettings, SettingsError } from '#libs/settings';
import { faultsOf, settingsFile, settingsOf, warningsOf } from '../support/settings-file.ts';
import { tempTree } from '../support/temp-tree.ts';

describe('values', () => {
  it.each([
    ['[HTTP]', 'HTTPPort=81,80', 'http', 'ports', [81, 80]],
    ['[HTTP]', 'HTTPPort= 8081 , 8080 ', 'http', 'ports', [8081, 8080]],
    ['[http]', 'httpport = 0', 'http', 'ports', [0]],
    ['[HTTPS]', 'RunHTTPS=yes', 'https', 'enabled', true],
    ['[HTTP]', 'RunHTTP=0', 'http', 'enabled', false],
    ['[FTP]', 'FTP_ TimeOut=9', 'ftp', 'timeoutSeconds', 9],
    ['[BACKUP_SERVERS]', 'RetainDays=0.5', 'backupServers', 'retainDays', 0.5],
    ['[BACKUP_SERVERS]', 'UpdateInterval=1', 'backupServers', 'updateInterval', 1],
    ['[TFTP]', 'TFTPDataPorts=20000-20100', 'tftp', 'dataPorts', { from: 20_000, to: 20_100 }],
    ['[TFTP]', 'TFTPDataPorts=request', 'tftp', 'dataPorts', 'request port'],
    ['[SNMP]', 'Params=  -v1 -c x ', 'snmp', 'params', '  -v1 -c x '],
    ['[UPDATES]', 'UpdatePatterns46xx=46xx*,*.scr', 'updates', 'patterns46xx', ['46xx*', '*.scr']],
    ['[Settings]', 'ServerName=Größe', 'server', 'serverName', 'Größe'],
    ['[Settings]', 'ServerName=Unknown', 'server', 'serverName', 'host'],
    ['[Settings]', 'BindAddress=', 'server', 'bindAddress', '0.0.0.0'],
    ['[Settings]', 'LogFile=', 'server', 'logFile', ''],
  ])('%s %s', async (section, line, group, name, value) => {
    const { values } = await settingsOf([section, line]);
    expect(values).toHaveProperty([group, name], value);
  });

  it('are frozen to the bottom', async () => {
    const settings = await settingsOf([]);
    const parts = [settings, settings.values, settings.values.http, settings.values.http.ports];
    expect([...parts, settings.warnings, settings.sources].every(Object.isFrozen)).toBe(true);
  });

  it('of an empty file are the defaults, and nothing is to be said about them', async () => {
    const { values, warnings } = await settingsOf([]);
    expect(warnings).toEqual([]);
    expect(values.http).toEqual({
      enabled: true,
      ports: [81, 80],
      dir: '/var/lib/branchline/data/HTTPdata',
    });
    expect(values.hub).toMatchObject({ port: 4411, joinPort: 4412, name: 'host' });
  });

  it('of the hub name itself after its address when there is one', async () => {
    const { values } = await settingsOf(['[Settings]', 'IPAddress=192.0.2.1']);
    expect(values.hub.name).toBe('192.0.2.1');
  });
});

describe('sources', () => {
  it('rank: default < file < environment < override', async () => {
    const { values, sources } = await settingsOf(
      ['[HTTP]', 'HTTPPort=1', '[HUB]', 'HubPort=2', 'JoinPort=3'],
      {
        env: { BRANCHLINE_HUB_HUBPORT: '22', BRANCHLINE_HUB_JOINPORT: '33' },
        overrides: { 'HUB/JoinPort': '333' },
      },
    );
    expect([values.http.ports, values.hub.port, values.hub.joinPort]).toEqual([[1], 22, 333]);
    expect(sources).toMatchObject({
      'HTTP/RunHTTP': { from: 'default' },
      'HTTP/HTTPPort': { from: 'file', line: 2 },
      'HUB/HubPort': { from: 'environment', variable: 'BRANCHLINE_HUB_HUBPORT' },
      'HUB/JoinPort': { from: 'override' },
    });
  });

  it.each([
    ['BRANCHLINE_BACKUP_SERVERS_PRIMARYIP', 'hub.example', 'backupServers', 'primary'],
    ['BRANCHLINE_FTP_FTP_TIMEOUT', '7', 'ftp', 'timeoutSeconds', 7],
    ['BRANCHLINE_TFTP_TFTPSDIR', '/srv/t', 'tftp', 'dir'],
    ['BRANCHLINE_TFTP_TFTPDIR', '/srv/t', 'tftp', 'dir'],
  ])('%s is a setting', async (variable, value, group, name, read: unknown = value) => {
    const { values, warnings } = await settingsOf([], { env: { [variable]: value } });
    expect(warnings).toEqual([]);
    expect(values).toHaveProperty([group, name], read);
  });

  it('an empty variable is as good as none', async () => {
    const { values } = await settingsOf(['[HUB]', 'HubPort=5'], {
      env: { BRANCHLINE_HUB_HUBPORT: '' },
    });
    expect(values.hub.port).toBe(5);
  });

  it('a variable that is no setting is told, one that is not ours is left alone', async () => {
    const settings = await settingsOf([], {
      env: { BRANCHLINE_HUB_PORT: '1', BRANCHLINE_CONFIG: 'x', HOME: '/' },
    });
    expect(warningsOf(settings)).toEqual(['BRANCHLINE_HUB_PORT [HUB] PORT']);
  });
});

describe('paths', () => {
  it('count from the folder of the file, and state, certificates and log lie beside DataDir', async () => {
    const file = await settingsFile('[Settings]', 'DataDir=../data', '[HTTP]', 'HTTPDir=web');
    const { values } = await loadSettings(file, { env: {} });
    const folder = path.dirname(path.dirname(file));
    expect(values.server).toMatchObject({
      dataDir: `${folder}/data`,
      stateDir: `${folder}/state`,
      certDir: `${folder}/certs`,
      logFile: `${folder}/log/branchline.log`,
      updatesDir: `${folder}/data/Updates`,
      backupDir: `${folder}/data/Backup`,
      cdrDir: `${folder}/data/CDRdata`,
      bcmsDir: `${folder}/data/BCMSdata`,
      cdrBackupDir: `${folder}/data/CDRBackup`,
      bcmsBackupDir: `${folder}/data/BCMSBackup`,
      scanDir: `${folder}/data/Scan`,
    });
    expect(values.http.dir).toBe(`${folder}/etc/web`);
    expect([values.tftp.dir, values.https.dir, values.ftp.dir]).toEqual([
      `${folder}/data/TFTPdata`,
      `${folder}/data/HTTPSdata`,
      `${folder}/data/FTPdata`,
    ]);
  });

  const systemd = { STATE_DIRECTORY: '/var/lib/x:/var/lib/y', LOGS_DIRECTORY: '/var/log/x' };

  it("are systemd's when nobody says anything", async () => {
    const { values } = await settingsOf([], { env: systemd });
    expect(values.server).toMatchObject({
      dataDir: '/var/lib/x/data',
      stateDir: '/var/lib/x/state',
      logFile: '/var/log/x/branchline.log',
    });
  });

  it.each([
    ['[Settings]', 'DataDir=/srv/data'],
    ['[TFTP]', 'TFTPSDir=/srv/data/TFTPdata'],
  ])("are the operator's as soon as there is %s %s", async (section, line) => {
    const { values } = await settingsOf([section, line], { env: systemd });
    expect(values.server).toMatchObject({
      dataDir: '/srv/data',
      stateDir: '/srv/state',
      logFile: '/srv/log/branchline.log',
    });
  });

  it('of Windows are told, and are faults for a server', async () => {
    const lines = ['[HTTP]', 'HTTPDir=D:\\web', '[TFTP]', 'TFTPDir=data\\TFTPdata'];
    const platform = 'linux' as const;
    expect(warningsOf(await settingsOf(lines, { platform }))).toEqual([
      '2 [HTTP] HTTPDir',
      '4 [TFTP] TFTPDir',
    ]);
    expect(await faultsOf(lines, { platform, forServing: true })).toEqual([
      '2 [HTTP] HTTPDir',
      '4 [TFTP] TFTPDir',
    ]);
    expect((await settingsOf(lines, { platform: 'win32' })).warnings).toEqual([]);
  });
});

describe('secrets', () => {
  it('come from a file that is named, without its line end', async () => {
    const file = await settingsFile('[Settings]', 'ApiTokenFile=token');
    await writeFile(path.join(path.dirname(file), 'token'), 'a token of some length\r\n');
    expect((await loadSettings(file, { env: {} })).values.server.apiToken).toBe(
      'a token of some length',
    );
  });

  it('come from a file that the environment names, before the settings file', async () => {
    const folder = await tempTree({ token: 'from the environment\n' });
    const { values } = await settingsOf(['[Settings]', 'ApiToken=from the settings file'], {
      env: { BRANCHLINE_SETTINGS_APITOKENFILE: `${folder}/token` },
    });
    expect(values.server.apiToken).toBe('from the environment');
  });

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['is too large', 'x'.repeat(5000)],
  ])('are a fault when the file %s', async (_, content) => {
    const folder = await tempTree(content === undefined ? {} : { token: content });
    // One mistake, one complaint: EnableSU has its password as soon as the file is there.
    const faults = await faultsOf(['[FTP]', 'EnableSU=1', `SUPasswordFile=${folder}/token`]);
    expect(faults).toEqual(['3 [FTP] SUPasswordFile']);
  });

  it('stand in no sentence', async () => {
    const lines = ['[FTP]', 'SUPassword=Kq7\u0001', 'SUPassword=Zx9', 'Kq7 Zx9'];
    const error = await settingsOf(lines).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SettingsError);
    expect(String(error)).not.toMatch(/Kq7|Zx9/);
  });
});

describe('faults', () => {
  it('are told all at once, in the order of their lines', async () => {
    const lines = [
      'Key=above all sections',
      '[Settings]',
      'StatusPort=http',
      'DataDir',
      'LogMaxMB=0',
      '[HTTP]',
      'HTTPPort=81,65536',
      '[HTTPS]',
      'RunHTTPS=maybe',
      'SSLV2=1',
      'SSLV3=1',
      '[BACKUP_SERVERS]',
      'UpdateInterval=5',
      'PrimaryIP=a hub',
    ];
    expect(await faultsOf(lines, { env: { BRANCHLINE_HUB_HUBPORT: 'x' } })).toEqual([
      '1 [] Key',
      '3 [Settings] StatusPort',
      '4 [] ',
      '5 [Settings] LogMaxMB',
      '7 [HTTP] HTTPPort',
      '9 [HTTPS] RunHTTPS',
      '10 [HTTPS] SSLV2',
      '11 [HTTPS] SSLV3',
      '13 [BACKUP_SERVERS] UpdateInterval',
      '14 [BACKUP_SERVERS] PrimaryIP',
      'BRANCHLINE_HUB_HUBPORT [HUB] HubPort',
    ]);
  });

  it.each([
    ['[HTTP]', 'HTTPPort='],
    ['[HTTP]', 'HTTPPort=81 # the port'],
    ['[HTTP]', 'HTTPPort=81,,80'],
    ['[HTTP]', 'HTTPPort=1,2,3,4,5,6,7,8,9'],
    ['[HTTP]', 'HTTPPort=81,81'],
    ['[HTTP]', 'RunHTTP='],
    ['[TFTP]', 'TFTPDataPorts=2-1'],
    ['[SNMP]', 'ExtObject=sysName'],
    ['[Settings]', 'BindAddress=300.1.1.1'],
    ['[Settings]', 'ServerName=a\u001B[2Jb'],
    ['[BACKUP_SERVERS]', 'PrimaryIP=hub:99999'],
    ['[HTTPS]', 'CertFile=/etc/cert.pem'],
    ['[HTTPS]', 'KeyFile=/etc/key.pem'],
    ['[HTTPS]', 'UseProxy=1'],
    ['[HTTPS]', 'ClientAuth=1'],
    ['[HTTPS]', 'OldTLSPort=4110,'],
    ['[FTP]', 'EnableSU=1'],
  ])('%s %s is one', async (section, line) => {
    expect(await faultsOf([section, line])).toHaveLength(1);
  });

  it('make one error, with a line for each and the code of the command', async () => {
    const file = await settingsFile('[HTTP]', 'HTTPPort=x', 'RunHTTP=x');
    const error = await loadSettings(file, { env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', meaning: { exit: 10 } });
    const message = error instanceof Error ? error.message : '';
    const [first, second, ...rest] = message.split('\n');
    expect(first).toMatch(new RegExp(`^${file}:2: \\[HTTP\\] HTTPPort: `));
    expect(second).toMatch(new RegExp(`^${file}:3: \\[HTTP\\] RunHTTP: `));
    expect(rest).toEqual([]);
  });

  it('are told at the key that says the same thing differently', async () => {
    expect(await faultsOf(['[TFTP]', 'TFTPDir=/a', 'TFTPSDir=/b'])).toEqual(['3 [TFTP] TFTPSDir']);
    const same = await settingsOf(['[TFTP]', 'TFTPDir=/a', 'TFTPSDir=/a']);
    expect(warningsOf(same)).toEqual(['3 [TFTP] TFTPSDir']);
  });

  it('are told of an override that is no setting', async () => {
    expect(await faultsOf([], { overrides: { 'HTTP/Port': '1' } })).toEqual(['- [HTTP] Port']);
  });
});

describe('ports', () => {
  it.each([
    [['[HTTP]', 'HTTPPort=80', '[HTTPS]', 'RunHTTPS=1', 'HTTPSPort=80'], ['5 [HTTPS] HTTPSPort']],
    [['[Settings]', 'StatusPort=81'], ['2 [Settings] StatusPort']],
    [['[BACKUP_SERVERS]', 'FileServer=1', '[HUB]', 'JoinPort=4411'], ['4 [HUB] JoinPort']],
    [['[HUB]', 'JoinPort=4411'], []],
    [['[HTTP]', 'RunHTTP=0', '[Settings]', 'StatusPort=81'], []],
    [['[HTTP]', 'HTTPPort=0', '[Settings]', 'StatusPort=0'], []],
    [['[TFTP]', 'TrivialFTPPort=81'], []],
    // One mistake, one complaint: whether HTTPS listens at all is not known here.
    [['[HTTPS]', 'RunHTTPS=x', 'HTTPSPort=81'], ['2 [HTTPS] RunHTTPS']],
  ])('%j: %j', async (lines, faults) => {
    expect(await faultsOf(lines)).toEqual(faults);
  });
});

describe('roles', () => {
  const servers = '[BACKUP_SERVERS]';

  it.each([
    [['RequestUpdates=1'], ['2 [BACKUP_SERVERS] RequestUpdates']],
    [['RequestBackup=1'], ['2 [BACKUP_SERVERS] RequestBackup']],
    [['CDRBackup=1'], ['2 [BACKUP_SERVERS] CDRBackup']],
    [['CDRBackup=1', 'BCMSBackup=1', 'FileServer=1'], []],
    [['RequestUpdates=1', 'UsePrimarySvr=1'], ['3 [BACKUP_SERVERS] UsePrimarySvr']],
    [['RequestUpdates=1', 'UsePrimarySvr=1', 'PrimaryIP=h o'], ['4 [BACKUP_SERVERS] PrimaryIP']],
    [['RequestUpdates=1', 'UseSecondarySvr=1', 'SecondaryIP=hub'], []],
    [['FileServer=1', '[HUB]', 'PeerHub=1'], ['4 [HUB] PeerHub']],
    [['[HUB]', 'PeerHub=1', 'PeerName=porto'], ['3 [HUB] PeerHub']],
    [['FileServer=1', '[HUB]', 'PeerHub=1', 'PeerName=porto'], []],
  ])('%j: %j', async (lines, faults) => {
    expect(await faultsOf([servers, ...lines])).toEqual(faults);
  });

  it.each([
    ['hub.example', { host: 'hub.example', port: 4411 }],
    ['hub.example:5511', { host: 'hub.example', port: 5511 }],
    ['192.0.2.1:5511', { host: '192.0.2.1', port: 5511 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 4411 }],
    ['[2001:db8::1]:5511', { host: '2001:db8::1', port: 5511 }],
  ])('PrimaryIP=%s', async (address, expected) => {
    const lines = [servers, 'RequestUpdates=1', 'UsePrimarySvr=1', `PrimaryIP=${address}`];
    expect((await settingsOf(lines)).upstreams).toEqual([{ name: 'primary', ...expected }]);
  });

  it('ask the primary before the secondary, and one hub once', async () => {
    const both = [servers, 'UseSecondarySvr=1', 'UsePrimarySvr=1', 'PrimaryIP=one'];
    const two = await settingsOf([...both, 'SecondaryIP=two']);
    expect(two.upstreams.map(({ name, host }) => [name, host])).toEqual([
      ['primary', 'one'],
      ['secondary', 'two'],
    ]);
    const one = await settingsOf([...both, 'SecondaryIP=one:4411']);
    expect(one.upstreams).toHaveLength(1);
    expect(warningsOf(one)).toEqual(['5 [BACKUP_SERVERS] SecondaryIP']);
  });
});

describe('doors', () => {
  it.each(['Avaya', 'avaya', 'jerry'])('stay shut for the password %s', async (password) => {
    const settings = await settingsOf([
      '[FTP]',
      'EnableSU=1',
      `SUPassword=${password}`,
      '[BACKUP_SERVERS]',
      'CustomFTP=1',
      `CustomFTPPwd=${password}`,
      '[Settings]',
      `ApiToken=${password}`,
    ]);
    expect(settings.values).toMatchObject({
      ftp: { superUser: false, superUserPassword: '' },
      backupServers: { customFtp: false, customFtpPassword: '' },
      server: { apiToken: '' },
    });
    expect(warningsOf(settings)).toEqual([
      '3 [FTP] SUPassword',
      '6 [BACKUP_SERVERS] CustomFTPPwd',
      '8 [Settings] ApiToken',
    ]);
  });

  it.each([
    { lines: [], on: false, warned: ['2 [BACKUP_SERVERS] CustomFTP'] },
    { lines: ['CustomFTPHost=ftp.example.com'], on: true, warned: [] },
    { lines: ['CustomFTPHost=h'], archive: 0, on: true, warned: ['2 [BACKUP_SERVERS] CustomFTP'] },
    {
      lines: ['CustomFTPHost=h', 'CustomFTPTLS=1', 'CustomFTPVerify=0'],
      on: true,
      warned: ['6 [BACKUP_SERVERS] CustomFTPVerify'],
    },
  ])('to the customer’s server: $lines', async ({ lines, archive = 1, on, warned }) => {
    const settings = await settingsOf([
      ...['[BACKUP_SERVERS]', 'CustomFTP=1', 'CustomFTPPwd=my own word', ...lines],
      ...['[Settings]', `Archive=${archive}`],
    ]);
    expect(settings.values.backupServers.customFtp).toBe(on);
    expect(warningsOf(settings)).toEqual(warned);
  });

  it('open for a password of your own, wherever it comes from', async () => {
    const { values } = await settingsOf(['[FTP]', 'EnableSU=1', 'SUPassword=Avaya'], {
      env: { BRANCHLINE_FTP_SUPASSWORD: 'my own words' },
    });
    expect(values.ftp).toMatchObject({ superUser: true, superUserPassword: 'my own words' });
  });

  it('stay shut for a known password from the environment', async () => {
    const { values } = await settingsOf(['[FTP]', 'EnableSU=1'], {
      env: { BRANCHLINE_FTP_SUPASSWORD: 'Avaya' },
    });
    expect(values.ftp.superUser).toBe(false);
  });

  it.each([
    [['[Settings]', 'StateDir=/srv/HTTPdata/state', '[HTTP]', 'HTTPDir=/srv/HTTPdata']],
    [['[Settings]', 'CertDir=/srv/TFTPdata', 'DataDir=/srv']],
    [['[HTTP]', 'HTTPDir=/']],
    [['[HTTPS]', 'CertFile=/srv/w/c', 'KeyFile=/srv/w/k', '[HTTP]', 'HTTPDir=/srv/w']],
    [
      [
        ...['[HTTPS]', 'CertFile=/k/c', 'KeyFile=/k/k', 'ECDSACertFile=/k/e'],
        ...['ECDSAKeyFile=/srv/w/k', '[HTTP]', 'HTTPDir=/srv/w'],
      ],
    ],
    [['[Settings]', 'UpdatesDir=/srv', 'DataDir=/srv']],
    [['[HTTP]', 'HTTPDir=.']],
    [['[Settings]', 'StateDir=/srv/w/..state', '[HTTP]', 'HTTPDir=/srv/w']],
  ])('never lead to keys or back to Updates: %j', async (lines) => {
    expect(await faultsOf(lines)).not.toEqual([]);
  });

  it('stay open for folders that only look alike', async () => {
    expect(
      await faultsOf(['[Settings]', 'DataDir=/srv', 'CertDir=/srv/HTTPdata2', 'StateDir=/srv/..x']),
    ).toEqual([]);
  });
});

describe('ports for old telephones', () => {
  it.each([
    [[], [411, 443], []],
    [['IPTel=1'], [443], [411]],
    [['IPTel=1', 'HTTPSPort=411'], [], [411]],
    [['IPTel=1', 'HTTPSPort=411', 'OldTLSPort=4110'], [411], [4110]],
    [['OldTLSPort=411'], [443], [411]],
    [['OldTLSPort=4110'], [411, 443], [4110]],
    [['IPTel=1', 'TLSV1=0'], [], [411]],
    [['OldTLSPort='], [411, 443], []],
  ])('%j: %j for those of today, %j for old ones', async (lines, modern, old) => {
    const settings = await settingsOf(['[HTTPS]', 'RunHTTPS=1', ...lines]);
    expect(httpsPorts(settings.values.https)).toEqual({ modern, old });
    // Loudly, and once more when no port is left for others.
    const loud = warningsOf(settings).filter((warning) => /IPTel|OldTLSPort/.test(warning));
    expect(loud).toHaveLength((old.length > 0 ? 1 : 0) + (modern.length === 0 ? 1 : 0));
  });

  it('clash with others', async () => {
    expect(await faultsOf(['[HTTPS]', 'RunHTTPS=1', 'OldTLSPort=81'])).toHaveLength(1);
    expect(await faultsOf(['[HTTPS]', 'OldTLSPort=81'])).toEqual([]);
  });

  it.each([
    [['ECDSACertFile=/k/e', 'ECDSAKeyFile=/k/k']],
    [['CertFile=/k/c', 'KeyFile=/k/k', 'ECDSACertFile=/k/e']],
  ])('and half of what certificates need is a fault: %j', async (lines) => {
    expect(await faultsOf(['[HTTPS]', ...lines])).toHaveLength(1);
  });
});

describe('hints', () => {
  it.each([
    ['[HTTP]', 'HTTPPrt=1', 'HTTPPort'],
    ['[HTTP]', 'HTTPSPort=411', 'HTTPPort'],
    ['[HTTP]', 'CertFile=x', '[HTTPS]'],
    ['[HTPS]', 'x=1', 'HTTPS'],
    ['[Settings]', 'Gibberish=1', ''],
  ])('%s %s: %s', async (section, line, hint) => {
    const { warnings } = await settingsOf([section, line]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain(hint);
  });
});

describe('a file', () => {
  it.each([
    ['UTF-8 with a mark', Buffer.from('\uFEFF[Settings]\r\nServerName=Zürich\r\n')],
    ['Latin-1', Buffer.from('[Settings]\r\nServerName=Zürich\r\n', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFF[Settings]\r\nServerName=Zürich\r\n', 'utf16le')],
  ])('in %s is read', async (_, bytes) => {
    const file = await settingsFile();
    await writeFile(file, bytes);
    expect((await loadSettings(file, { env: {} })).values.server.serverName).toBe('Zürich');
  });

  it.each([
    ['is missing', undefined],
    ['is too large', Buffer.alloc(65_537, '#')],
    ['is no text', Buffer.from('[Settings]\0')],
  ])('that %s is SETTINGS_UNREADABLE', async (_, bytes) => {
    const file = await settingsFile();
    if (bytes === undefined) await rm(file);
    else await writeFile(file, bytes);
    await expect(loadSettings(file, { env: {} })).rejects.toMatchObject({
      code: 'SETTINGS_UNREADABLE',
    });
  });
});

it.each([
  ['a word', ['3 [FTP] SUPassword'], []],
  [
    '$scrypt$ln=15,r=8,p=1$8bWd0vXKk3pRz0aQ5C4mSg$tq0dLrlJMqfGhoPHPlGHyHR0jHbYHbkmcr3nWpAPqxg',
    [],
    [],
  ],
  ['$scrypt$ln=15,r=8', [], ['3 [FTP] SUPassword']],
])(
  'a super user with the password %s: warnings %j, faults %j',
  async (password, warned, faults) => {
    const lines = ['[FTP]', 'EnableSU=1', `SUPassword=${password}`];
    expect(await faultsOf(lines)).toEqual(faults);
    if (faults.length === 0) expect(warningsOf(await settingsOf(lines))).toEqual(warned);
  },
);
