import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { adviceFor } from '#libs/pages';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { relayedHub } from '../support/relayed-hub.ts';
import { fileIs } from '../support/file-state.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import {
  drop,
  join,
  joinedSites,
  mustRun,
  sha256,
  statusOf,
  statusWhen,
  visibleIn,
} from '../support/site.ts';

/** Revoke by another process; milliseconds from its end until the hub has cut the branch off. */
async function cutAfterRevoking(
  hub: DemoSite,
  running: ServerProcess,
  branch: DemoSite,
): Promise<number> {
  await mustRun('hub', 'revoke', branch.name, '--config', hub.config);
  const start = performance.now();
  await running.logged(({ msg }) => msg === 'connections of revoked branches cut');
  return performance.now() - start;
}

it('cuts a branch off within a second of `hub revoke`, tells it what to do, and takes it back when invited again', async () => {
  const { hub, hubProcess, branch } = await joinedSites();
  const relay = await relayedHub(hub, branch, 4_000_000);
  const running = await ServerProcess.start(branch.config);
  await drop(hub, '46xxsettings.txt', 'SET A 1');
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  const payload = randomBytes(20_000_000);
  const before = relay.down;
  await drop(hub, 'firmware.bin', payload);
  await relay.reached(before + 1_000_000);
  expect(await cutAfterRevoking(hub, hubProcess, branch)).toBeLessThan(1_000);
  const { sync } = await statusWhen(branch, ({ sync: seen }) => seen?.state === 'failed');
  expect(sync?.lastRun).toMatchObject({ state: 'failed', code: 'CERTIFICATE_REVOKED' });
  expect(relay.down - before).toBeLessThan(payload.length);
  const page = await fetch(`http://127.0.0.1:${branch.statusPort}/`);
  expect(await page.text()).toContain(adviceFor('CERTIFICATE_REVOKED'));
  const again = await command('sync', 'updates', '--config', branch.config);
  expect(again).toMatchObject({ status: 12 });
  expect(again.stderr).toContain('CERTIFICATE_REVOKED');
  const atHub = await statusOf(hub);
  expect(atHub.hub?.branches).toMatchObject([{ name: branch.name, state: 'revoked' }]);
  // Telephones do not notice.
  const phone = await fetch(`http://127.0.0.1:${branch.httpPort}/46xxsettings.txt`);
  expect(await phone.text()).toBe('SET A 1');

  await running.stop();
  await join(hub, branch);
  await ServerProcess.start(branch.config);
  await statusWhen(branch, fileIs('firmware.bin', 'published'));
  expect(await visibleIn(branch, 'HTTPdata')).toMatchObject({ 'firmware.bin': sha256(payload) });
  await statusWhen(hub, ({ hub: seen }) => seen?.branches[0]?.state === 'in-sync');
});

it('refuses a branch that was revoked while it waited, at its next request', async () => {
  const { hub, hubProcess, branch } = await joinedSites();
  const relay = await relayedHub(hub, branch);
  await ServerProcess.start(branch.config);
  await statusWhen(hub, ({ hub: seen }) => seen?.branches[0]?.state === 'in-sync');
  const ended = relay.ended();
  expect(await cutAfterRevoking(hub, hubProcess, branch)).toBeLessThan(1_000);
  await ended;
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 12 });
});
