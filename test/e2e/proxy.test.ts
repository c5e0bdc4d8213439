import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts';
import { fileIs } from '../support/file-state.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, sha256, statusOf, statusWhen, visibleIn } from '../support/site.ts';

async function useProxy(
  branch: DemoSite,
  { port }: ConnectProxy,
  credentials: { user?: string; password?: string } = {},
): Promise<void> {
  await changeSettings(branch.config, {
    'HTTPS/UseProxy': '1',
    'HTTPS/ProxyAddr': '127.0.0.1',
    'HTTPS/ProxyPort': `${port}`,
    'HTTPS/ProxyUser': credentials.user ?? '',
    'HTTPS/ProxyPassword': credentials.password ?? '',
  });
}

async function proxy(credentials?: string): Promise<ConnectProxy> {
  const started = await startConnectProxy(credentials === undefined ? {} : { credentials });
  onTestFinished(() => started.stop());
  return started;
}

it('pulls through a proxy, from the signed set to the last byte, and is woken through it', async () => {
  const { hub, branch } = await joinedSites();
  const between = await proxy();
  await useProxy(branch, between);
  await ServerProcess.start(branch.config);
  await statusWhen(branch, ({ sync }) => sync?.lastRun?.state === 'done');
  await drop(hub, 'firmware.bin', Buffer.alloc(3_000_000, 'firmware'));
  await statusWhen(branch, fileIs('firmware.bin', 'published'));
  expect(await visibleIn(branch, 'HTTPdata')).toEqual({
    'firmware.bin': sha256(Buffer.alloc(3_000_000, 'firmware')),
  });
  const hubPort = /^HubPort=(\d+)$/m.exec(await readFile(hub.config, 'utf8'))?.[1];
  expect(new Set(between.targets)).toEqual(new Set([`127.0.0.1:${hubPort}`]));
});

it('shows the proxy its password, and says with exit 12 when the proxy does not take it', async () => {
  const { hub, branch } = await joinedSites();
  const between = await proxy('fax:geheim');
  await drop(hub, '46xxsettings.txt', 'SET A 1');
  await useProxy(branch, between, { user: 'fax', password: 'guessed' });
  const wrong = await ServerProcess.start(branch.config);
  const refused = await command('sync', 'updates', '--config', branch.config);
  expect(refused).toMatchObject({ status: 12 });
  expect(refused.stderr).toContain('PROXY_REFUSED');
  const { sync } = await statusOf(branch);
  expect(sync).toMatchObject({ state: 'failed', lastRun: { code: 'PROXY_REFUSED' } });
  await wrong.stop();
  expect(JSON.stringify([wrong.lines, refused, sync])).not.toContain('guessed');

  await useProxy(branch, between, { user: 'fax', password: 'geheim' });
  const right = await ServerProcess.start(branch.config);
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  expect(JSON.stringify(right.lines)).not.toContain('geheim');
});
