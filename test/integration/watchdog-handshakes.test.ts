import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { oldTls } from '#libs/http';
import { Authority } from '#libs/identity';
import { loggerInto } from '#libs/observe';
import type { WatchedServer } from '#libs/watchdog';
import { ServerSense } from '../../apps/watchdog/server-sense.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { phoneCertificate } from '../support/phone-certificate.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { watchdogRig } from '../support/watchdog-rig.ts';
import { webBranch } from '../support/web-branch.ts';

const otherAuthority = async (): Promise<string> =>
  (await Authority.open(path.join(await tempFolder(), 'authority'))).certificatePem;

it('is content when a hub proves its certificate, and not when another does; the hub says nothing of it', async () => {
  const lines: string[] = [];
  const log = loggerInto('warn', { write: (line) => void lines.push(line) });
  const hub = await HubInABox.start({ log });
  const { port = 0 } = hub.server;
  const watched = { name: 'Hub', protocol: 'hub', host: '127.0.0.1', port } as const;
  const own = await watchdogRig([{ ...watched, authority: hub.authority.certificatePem }], {
    failureLimit: 1,
  });
  expect(await own.watchdog.round()).toBeUndefined();
  expect(await own.watchdog.round()).toBeUndefined();
  const strange = await watchdogRig([{ ...watched, authority: await otherAuthority() }], {
    failureLimit: 1,
  });
  expect(await strange.watchdog.round()).toMatchObject({ servers: [`hub:${port}`] });
  expect(strange.watchdog.status().servers).toMatchObject([
    { trouble: { code: 'CERTIFICATE_STRANGE' } },
  ]);
  expect(lines).toEqual([]);
});

it('reaches HTTPS that wants a certificate, and HTTPS of old telephones', async () => {
  const pairs = [await phoneCertificate()];
  const asking = { pairs, clientAuthorities: await otherAuthority() };
  const old = { pairs, ...oldTls({ encrypted: false, unencrypted: true }) };
  const [closed, ancient] = [
    await webBranch({}, { name: 'https', tls: asking }),
    await webBranch({}, { name: 'https', tls: old }),
  ];
  const https = { name: 'HTTPS', protocol: 'https', host: '127.0.0.1' } as const;
  const servers: WatchedServer[] = [
    { ...https, port: closed.port, handshakeOnly: true },
    { ...https, port: ancient.port, oldTls: true },
  ];
  const { watchdog } = await watchdogRig(servers, { failureLimit: 1 });
  expect(await watchdog.round()).toBeUndefined();
});

it('knows from the settings what should run, where it is bound, and by which TLS', async () => {
  const serverSettings = await settingsFile(
    ...['[Settings]', 'DataDir=data', 'BindAddress=127.0.0.2', 'StatusPort=1'],
    ...['[TFTP]', 'TrivialFTPPort=1069', '[FTP]', 'RunFTP=0', '[HTTP]', 'HTTPPort=1081,0'],
    ...['[HTTPS]', 'RunHTTPS=1', 'HTTPSPort=1443,1411', 'OldTLSPort=1411'],
    ...['[BACKUP_SERVERS]', 'FileServer=1', '[HUB]', 'HubPort=4411'],
  );
  const look = async (host: string) =>
    new ServerSense({ host, serverSettings, limitMs: 1_000 }).look(AbortSignal.timeout(10_000));
  const { servers, by, trouble } = await look('127.0.0.1');
  expect([by, trouble?.code]).toEqual(['settings', 'NOT_RUNNING']);
  expect(servers.map(({ protocol, host, port, oldTls }) => [protocol, host, port, oldTls])).toEqual(
    [
      ['tftp', '127.0.0.2', 1069, false],
      ['http', '127.0.0.2', 1081, false],
      ['https', '127.0.0.2', 1443, false],
      ['https', '127.0.0.2', 1411, true],
      ['hub', '127.0.0.2', 4411, undefined],
    ],
  );
  // What changes in the file counts for the next round; another machine is asked where it is said to be.
  await writeFile(
    serverSettings,
    (await readFile(serverSettings, 'utf8')).replace(
      '[TFTP]',
      'RunStatus=0\n[TFTP]\nRunTrivialFTP=0',
    ),
  );
  const elsewhere = await look('192.0.2.1');
  expect(new Set(elsewhere.servers.map(({ host }) => host))).toEqual(new Set(['192.0.2.1']));
  expect(elsewhere.servers.map(({ protocol }) => protocol)).not.toContain('tftp');
});
