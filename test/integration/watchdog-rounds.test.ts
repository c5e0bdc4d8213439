import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { WatchedProtocol, WatchedServer } from '#libs/watchdog';
import { ftpBranch } from '../support/ftp-branch.ts';
import { makePhoneCertificate } from '../support/phone-certificate.ts';
import { plant, tempTree } from '../support/temp-tree.ts';
import { tftpBranch } from '../support/tftp-branch.ts';
import { watchdogRig } from '../support/watchdog-rig.ts';
import { webBranch } from '../support/web-branch.ts';

const at = (protocol: WatchedProtocol, port: number, folder?: string): WatchedServer => ({
  ...{ name: protocol.toUpperCase(), protocol, host: '127.0.0.1', port },
  folder,
});

it('fires after exactly FailureLimit missed files of one server, whatever the others do', async () => {
  const [web, tftp] = [await webBranch({}), await tftpBranch({})];
  const servers = [at('http', web.port), at('tftp', tftp.port)];
  const { watchdog, counts, scriptRuns, reported } = await watchdogRig(servers, {
    failureLimit: 5,
  });
  expect(await watchdog.round()).toBeUndefined();
  expect(counts()).toEqual([0, 0]);

  await web.server.stop();
  expect(await watchdog.round()).toBeUndefined();
  expect(counts()).toEqual([2, 0]);
  expect(await watchdog.round()).toBeUndefined();
  expect(counts()).toEqual([4, 0]);
  expect(await scriptRuns()).toEqual([]);

  const alert = await watchdog.round();
  expect(alert).toMatchObject({ servers: [`http:${web.port}`], outcome: 'done' });
  expect(await scriptRuns()).toEqual([`http:${web.port} PEER_UNREACHABLE`]);
  expect(reported).toEqual([alert]);

  // It goes on: the count begins anew, and as many missed files lead to the next run.
  expect(counts()).toEqual([0, 0]);
  for (const [count, runs] of [
    [2, 1],
    [4, 1],
    [0, 2],
  ]) {
    await watchdog.round();
    expect([counts()[0], (await scriptRuns()).length]).toEqual([count, runs]);
  }
  expect(watchdog.status()).toMatchObject({ alertsSinceStart: 2, rounds: 7 });
});

it('counts down again, a file at a time and not below 0', async () => {
  const web = await webBranch({});
  const { watchdog, counts, scriptRuns } = await watchdogRig([at('http', web.port)], {
    failureLimit: 6,
  });
  await web.server.stop();
  await watchdog.round();
  await watchdog.round();
  expect(counts()).toEqual([4]);
  await webBranch({}, { ports: [web.port] });
  const seen: unknown[] = [];
  for (let n = 0; n < 3; n += 1) {
    await watchdog.round();
    seen.push(...counts());
  }
  expect(seen).toEqual([2, 0, 0]);
  expect(await scriptRuns()).toEqual([]);
});

it('a file that arrives beside one that is missed counts nothing down', async () => {
  const web = await webBranch({ 'test.zip': 'not what is expected' });
  const { watchdog, counts } = await watchdogRig([at('http', web.port)], { failureLimit: 5 });
  await watchdog.round();
  await watchdog.round();
  expect(counts()).toEqual([2]);
  expect(watchdog.status().servers).toMatchObject([
    { state: 'missed', trouble: { code: 'DIGEST_MISMATCH' } },
  ]);
});

it('takes the files of the operator for right, in the tree of the server or in CheckDir', async () => {
  const own = { 'TEST.html': 'mine', 'test.zip': 'mine, too' };
  const web = await webBranch(own);
  const inTree = await watchdogRig([at('http', web.port, web.root)], { failureLimit: 1 });
  expect(await inTree.watchdog.round()).toBeUndefined();
  const checkDir = await tempTree({ 'test.html': 'mine', 'test.zip': 'mine, too' });
  const byFolder = await watchdogRig([at('http', web.port)], { failureLimit: 1, checkDir });
  expect(await byFolder.watchdog.round()).toBeUndefined();
  await plant(checkDir, { 'test.zip': 'another' });
  expect(await byFolder.watchdog.round()).toMatchObject({ servers: [`http:${web.port}`] });
});

it('asks each protocol as a telephone does', async () => {
  const tls = { pairs: [await makePhoneCertificate('ec')] };
  const [tftp, http, https] = [
    await tftpBranch({}),
    await webBranch({}),
    await webBranch({}, { name: 'https', tls }),
  ];
  const [ftp, ftps] = [await ftpBranch({}, { tls }), await ftpBranch({}, { name: 'ftps', tls })];
  const servers = [
    at('tftp', tftp.port),
    at('http', http.port),
    at('https', https.port),
    at('ftp', ftp.port),
    at('ftps', ftps.port),
  ];
  const { watchdog } = await watchdogRig(servers, { failureLimit: 1, limitMs: 1_000 });
  expect(await watchdog.round()).toBeUndefined();
  const states = watchdog.status().servers.map(({ protocol, state }) => [protocol, state]);
  expect(states).toEqual(servers.map(({ protocol }) => [protocol, 'arrives']));
  await tftp.server.stop();
  await ftps.server.stop();
  expect(await watchdog.round()).toMatchObject({
    servers: [`tftp:${tftp.port}`, `ftps:${ftps.port}`],
  });
}, 30_000);

/** Accepts connections and says nothing, as a hung server of which the kernel knows nothing. */
async function silentPort(): Promise<number> {
  const silent = createServer().listen(0, '127.0.0.1');
  silent.on('connection', (socket) => socket.on('error', () => undefined));
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const address = silent.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

it('ends at once when it is stopped in the middle of a round', async () => {
  const port = await silentPort();
  const protocols = ['http', 'https', 'ftp', 'ftps', 'hub', 'tftp'] as const;
  const { watchdog } = await watchdogRig(
    protocols.map((protocol) => at(protocol, port)),
    { failureLimit: 1, limitMs: 60_000 },
  );
  await watchdog.start();
  await watchdog.stop();
  expect(watchdog.status()).toMatchObject({ rounds: 0, alertsSinceStart: 0 });
});

it.each(['http', 'https', 'ftp', 'ftps', 'hub'] as const)(
  'by %s: a server that accepts and says nothing is given up in time',
  async (protocol) => {
    const port = await silentPort();
    const { watchdog } = await watchdogRig([at(protocol, port)], {
      failureLimit: 1,
      limitMs: 100,
    });
    expect(await watchdog.round()).toMatchObject({ servers: [`${protocol}:${port}`] });
    expect(watchdog.status().servers).toMatchObject([{ trouble: { code: 'PEER_TOO_SLOW' } }]);
  },
);
