import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite, updatesOf } from '../../apps/demo/demo-site.ts';
import { fileIs } from '../support/file-state.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import {
  drop,
  joinedSites,
  mustRun,
  sha256,
  statusOf,
  statusWhen,
  visibleIn,
} from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hourMs = 3_600_000;

it('takes nothing from a hub that was restored from an older state, serves on, and follows it again after `hub recover`', async () => {
  const { hub, branch, hubProcess } = await joinedSites();
  const state = path.join(hub.folder, 'state');
  const backup = path.join(hub.folder, 'backup-of-state');
  await hubProcess.stop();
  await cp(state, backup, { recursive: true });
  const published = await ServerProcess.start(hub.config);
  await ServerProcess.start(branch.config);
  await drop(hub, '46xxsettings.txt', 'SET A 1');
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  const { sync: before } = await statusOf(branch);

  await published.stop();
  await rm(state, { recursive: true });
  await rename(backup, state);
  await rm(path.join(updatesOf(hub), '46xxsettings.txt'));
  const restored = await ServerProcess.start(hub.config);
  const refused = await command('sync', 'updates', '--config', branch.config);
  expect(refused).toMatchObject({ status: 1 });
  // The status may be half a second old.
  const { sync } = await statusWhen(branch, (seen) => seen.sync?.state === 'failed');
  expect(sync).toMatchObject({ lastRun: { code: 'RELEASE_ROLLED_BACK' } });
  expect(sync?.releaseVersion).toBe(before?.releaseVersion);
  const phone = await fetch(`http://127.0.0.1:${branch.httpPort}/46xxsettings.txt`);
  expect(await phone.text()).toBe('SET A 1');
  // The hub is told, for it is the hub that needs mending.
  const atHub = await statusWhen(hub, (status) => status.hub?.branches[0]?.state === 'error');
  expect(atHub.hub?.branches[0]?.lastError).toMatchObject({ code: 'RELEASE_ROLLED_BACK' });

  expect(await command('hub', 'recover', '--config', hub.config)).toMatchObject({ status: 13 });
  await restored.stop();
  await mustRun('hub', 'recover', '--config', hub.config);
  await ServerProcess.start(hub.config);
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 0 });
  // Its numbers are lower than before, and a new one wakes the branch all the same.
  await drop(hub, '46xxsettings.txt', 'SET A 2');
  await statusWhen(branch, ({ sync: seen }) => seen?.files[0]?.sha256 === sha256('SET A 2'));
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  expect(await visibleIn(branch, 'HTTPdata')).toEqual({ '46xxsettings.txt': sha256('SET A 2') });
  await statusWhen(hub, (status) => status.hub?.branches[0]?.state === 'in-sync');
});

it('says "frozen" when the hub shows nothing newer for longer than it may, and goes on once it signs again', async () => {
  let behind = 0;
  const hub = await HubInABox.start({ clock: { now: () => Date.now() - behind } });
  const branch = await demoSite(await tempFolder(), 'lisbon', false);
  await mustRun('join', await hub.invite('lisbon'), '--config', branch.config);
  await hub.publishFile('46xxsettings.txt', Buffer.from('SET A 1'));
  await ServerProcess.start(branch.config);
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  // "Sync now" would join the run that is on, and that one has seen no frozen hub.
  await statusWhen(branch, ({ sync }) => sync?.state === 'idle');

  behind = 25 * hourMs;
  await hub.publishFile('46xxsettings.txt', Buffer.from('SET A 2'));
  behind = 0;
  for (let n = 0; n < 3; n += 1) {
    expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({
      status: 1,
    });
    const { sync } = await statusWhen(branch, (seen) => seen.sync?.state === 'frozen');
    expect(sync).toMatchObject({ lastRun: { code: 'RELEASE_FROZEN' } });
  }
  expect(await command('status', '--check', '--config', branch.config)).toMatchObject({
    status: 3,
  });
  const phone = await fetch(`http://127.0.0.1:${branch.httpPort}/46xxsettings.txt`);
  expect(await phone.text()).toBe('SET A 1');

  await hub.release.refresh();
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 0 });
  expect(await visibleIn(branch, 'HTTPSdata')).toEqual({ '46xxsettings.txt': sha256('SET A 2') });
});
