import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSettings, parseIni } from '#libs/settings';
import { settingsOf, warningsOf } from '../support/settings-file.ts';

const linux = 'test/fixtures/guide-linux.ini';
const windows = 'test/fixtures/guide-windows.ini';

describe("the Guide's Linux sample (p. 22–26)", () => {
  it('gives the ports and folders that it names', async () => {
    const { values } = await loadSettings(linux, { env: {}, platform: 'linux', forServing: true });
    const data = '/opt/ecs/mvuser/MV_IPTel/data';
    expect(values.ftp).toMatchObject({
      enabled: true,
      port: 21,
      dataPort: 20,
      dir: `${data}/FTPdata`,
      timeoutSeconds: 5,
    });
    expect(values.ftps).toEqual({ enabled: false, port: 990, dataPort: 889 });
    expect(values.tftp).toMatchObject({ enabled: true, port: 69, dir: `${data}/TFTPdata` });
    expect(values.http).toEqual({ enabled: true, ports: [81], dir: `${data}/HTTPdata` });
    expect(values.https).toMatchObject({
      enabled: false,
      ports: [411],
      dir: `${data}/HTTPSdata`,
      certFile: '/opt/ecs/mvuser/MV_IPTel/certs/IPTelcert.pem',
      keyFile: '/opt/ecs/mvuser/MV_IPTel/certs/IPTelkey.pem',
      useProxy: false,
      proxyAddr: 'simon.avaya.com',
      proxyPort: 9000,
    });
    expect(values.server).toMatchObject({
      detailedLog: true,
      statusPort: 6090,
      logFile: '/opt/ecs/mvuser/MV_IPTel/log/MV_IPTel.log',
      // Beside what the sample names: the Guide's own folders (p. 20).
      certDir: '/opt/ecs/mvuser/MV_IPTel/certs',
      scanDir: `${data}/Scan`,
      updatesDir: `${data}/Updates`,
    });
    expect(values.backupServers).toMatchObject({
      fileServer: false,
      primary: '192.168.0.13',
      secondary: '192.168.0.10',
      updateInterval: 2,
      customFtpDir: 'home/mvuser/backup',
      customFtpUser: 'tom',
      retainDays: 7,
    });
  });

  it('opens no door with the passwords that it names', async () => {
    const settings = await loadSettings(linux, { env: {} });
    expect(settings.values.ftp).toMatchObject({ superUser: false, superUserPassword: '' });
    expect(settings.values.backupServers.customFtp).toBe(false);
    expect(warningsOf(settings)).toEqual(
      expect.arrayContaining(['32 [FTP] SUPassword', '116 [BACKUP_SERVERS] CustomFTPPwd']),
    );
  });
});

describe("the Guide's Windows sample (p. 30–33)", () => {
  it('gives the ports and folders that it names', async () => {
    const settings = await loadSettings(windows, {
      env: {},
      platform: 'win32',
      forServing: true,
    });
    const { values } = settings;
    const home = 'c:\\Program Files\\Avaya\\MV_IPTel';
    expect(values.ftp).toMatchObject({
      port: 21,
      dataPort: 20,
      dir: `${home}\\data\\FTPdata`,
      timeoutSeconds: 5,
      superUser: false,
    });
    expect(values.ftps).toEqual({ enabled: true, port: 990, dataPort: 889 });
    expect(values.tftp).toMatchObject({ port: 69, dir: `${home}\\data\\TFTPdata` });
    expect(values.http).toEqual({ enabled: true, ports: [81], dir: `${home}\\data\\HTTPdata` });
    expect(values.https).toMatchObject({
      enabled: true,
      ports: [411],
      dir: `${home}\\data\\HTTPSdata`,
      certFile: `${home}\\certs\\IPTelcert.pem`,
      keyFile: `${home}\\certs\\IPTelkey.pem`,
    });
    expect(values.server).toMatchObject({
      serverName: 'SMW_VAIO',
      ipAddress: '192.168.0.10',
      logFile: `${home}\\log\\MV_IPTel.log`,
      updatesDir: `${home}\\data\\Updates`,
    });
    expect(values.backupServers).toMatchObject({
      fileServer: true,
      requestUpdates: true,
      usePrimary: true,
      customFtpDir: 'home/mvuser/backup',
    });
  });

  it('names itself as its primary file server, and does not ask itself', async () => {
    const settings = await loadSettings(windows, { env: {}, platform: 'win32' });
    expect(settings.upstreams).toEqual([]);
    expect(warningsOf(settings)).toContain('97 [BACKUP_SERVERS] PrimaryIP');
  });

  it('keeps its values on Linux, and says that its folders are not there', async () => {
    const settings = await loadSettings(windows, { env: {}, platform: 'linux' });
    expect(settings.values.http.dir).toBe('c:\\Program Files\\Avaya\\MV_IPTel\\data\\HTTPdata');
    expect(warningsOf(settings)).toEqual(
      expect.arrayContaining([
        '10 [Settings] LogFile',
        '24 [FTP] FTPDir',
        '51 [TFTP] TFTPDir',
        '61 [HTTP] HTTPDir',
        '71 [HTTPS] HTTPSDir',
        '73 [HTTPS] CertFile',
        '75 [HTTPS] KeyFile',
      ]),
    );
  });
});

it.each([linux, windows])('%s has no unknown key, and no line that is not understood', (file) => {
  const ini = parseIni(readFileSync(file, 'utf8'));
  expect(ini.strays()).toEqual([]);
  expect(ini.entries().length).toBeGreaterThan(45);
});

it('the sending and the receiving end of figure 7 (p. 44) load', async () => {
  const end = (lines: string): string =>
    `#=====\n[HTTPS]\n  RunHTTPS=1\n  HTTPSPort=411\n  TLSV1=1\n[BACKUP_SERVERS]\n#=====\n  CDRBackup=1\n  BCMSBackup=1\n  RetainDays=7.0\n  UpdateInterval=2\n${lines}`;
  const sending = await settingsOf([end('  UsePrimarySvr=1\n  PrimaryIP=192.168.0.13')]);
  expect(sending.upstreams).toEqual([{ name: 'primary', host: '192.168.0.13', port: 4411 }]);
  const receiving = await settingsOf([end('  FileServer=1')]);
  expect(receiving.values.backupServers).toMatchObject({ fileServer: true, cdrBackup: true });
});
