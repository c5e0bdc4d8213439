import { expect, it } from 'vitest';
import { fileIs } from '../support/file-state.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, statusWhen } from '../support/site.ts';

it('is ready, and serves, when a branch is started again while its hub is away', async () => {
  const { hub, branch, hubProcess } = await joinedSites();
  const first = await ServerProcess.start(branch.config);
  await drop(hub, '46xxsettings.txt', 'SET A 1');
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  const { hub: told } = await statusWhen(
    hub,
    (status) => status.hub?.branches[0]?.state === 'in-sync',
  );
  // One machine, one clock.
  expect(Math.abs(told?.branches[0]?.clockSkewS ?? NaN)).toBeLessThanOrEqual(5);
  await hubProcess.kill();
  await first.stop();

  await ServerProcess.start(branch.config);
  const { sync } = await statusWhen(
    branch,
    (status) => status.sync?.lastRun?.code === 'PEER_UNREACHABLE',
  );
  expect(sync?.releaseVersion).toBe(told?.releaseVersion);
  const at = `http://127.0.0.1:${branch.statusPort}`;
  for (const path of ['/healthz', '/readyz']) {
    expect((await fetch(at + path)).status, path).toBe(200);
  }
  const phone = await fetch(`http://127.0.0.1:${branch.httpPort}/46xxsettings.txt`, {
    headers: { 'user-agent': 'AVAYA/3.1 (9620L)' },
  });
  expect(await phone.text()).toBe('SET A 1');
  const { phones } = await statusWhen(branch, (status) => status.phones.recent.length > 0);
  expect(phones.recent).toMatchObject([{ agent: 'AVAYA/3.1 (9620L)', outcome: 'done' }]);
});
