import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { fileIs } from '../support/file-state.ts';
import { relayedHub } from '../support/relayed-hub.ts';
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

it('goes on at the same byte at the secondary when the primary dies in the middle of a file', async () => {
  const { root, hub: primary, hubProcess, branch } = await joinedSites();
  const secondary = await demoSite(root, 'spare', true);
  await mustRun('hub', 'init', '--config', secondary.config);
  await ServerProcess.start(secondary.config);
  await join(secondary, branch, '--secondary');
  const relays = [
    await relayedHub(primary, branch, 10_000_000, 'PrimaryIP'),
    await relayedHub(secondary, branch, Infinity, 'SecondaryIP'),
  ] as const;
  const payload = randomBytes(20_000_000);
  for (const hub of [primary, secondary]) {
    await drop(hub, 'firmware.bin', payload);
    await statusWhen(hub, (status) => status.hub?.files === 1);
  }

  const running = await ServerProcess.start(branch.config);
  await relays[0].reached(payload.length / 2);
  await hubProcess.kill();
  // What the kernel still holds of it would go on for a while, as from a hub that lives.
  relays[0].cut();
  const { sync } = await statusWhen(branch, fileIs('firmware.bin', 'published'));
  expect(sync?.primary.state).toBe('open-circuit');
  // In one run: nobody had to come back for it.
  const failed = running.lines.filter(
    ({ msg, state }) => msg === 'sync run ended' && state !== 'done',
  );
  expect(failed).toEqual([]);
  expect(await visibleIn(branch, 'HTTPSdata')).toEqual({ 'firmware.bin': sha256(payload) });
  expect(relays[1].down).toBeGreaterThan(payload.length / 4);
  expect((relays[0].down + relays[1].down) / payload.length).toBeLessThanOrEqual(1.1);

  // With the primary gone, what is new at the secondary comes all the same.
  await drop(secondary, '46xxsettings.txt', 'SET A 1');
  await statusWhen(secondary, (status) => status.hub?.files === 2);
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 0 });
  const after = await statusOf(branch);
  expect(after.sync?.primary).toMatchObject({ lastError: { code: 'PEER_UNREACHABLE' } });
  expect(after.sync?.secondary).toMatchObject({ state: 'up', lastError: null });
  expect(Object.keys(await visibleIn(branch, 'HTTPdata'))).toEqual([
    '46xxsettings.txt',
    'firmware.bin',
  ]);
  await statusWhen(secondary, ({ hub }) => hub?.branches[0]?.state === 'in-sync');
});
