import AdmZip from 'adm-zip';
import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
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
import { tempFolder } from '../support/temp-folder.ts';

it('carries a zip down a chain: from the root by a server that is branch and hub to the telephones of the third', async () => {
  const { root, hub, branch: leaf } = await joinedSites();
  const middle = await demoSite(root, 'iberia', true);
  await mustRun('hub', 'init', '--config', middle.config);
  await join(hub, middle);
  await ServerProcess.start(middle.config);
  // It was a branch of the root; now it is one of the middle.
  await join(middle, leaf);
  await ServerProcess.start(leaf.config);

  const zip = new AdmZip();
  zip.addFile('46xxupgrade.scr', Buffer.from('IF $MODEL SEQ 4621 goto M'));
  zip.addFile('firmware.bin', Buffer.from('firmware'));
  await drop(hub, 'firmware.zip', zip.toBuffer());
  await statusWhen(leaf, fileIs('firmware.zip', 'published'));
  expect(await visibleIn(leaf, 'HTTPdata')).toEqual({
    '46xxupgrade.scr': sha256('IF $MODEL SEQ 4621 goto M'),
    'firmware.bin': sha256('firmware'),
  });
  const phone = await fetch(`http://127.0.0.1:${leaf.httpPort}/46xxupgrade.scr`);
  expect(await phone.text()).toBe('IF $MODEL SEQ 4621 goto M');
  for (const [site, name] of [
    [hub, 'iberia'],
    [middle, 'lisbon'],
  ] as const) {
    const status = await statusWhen(site, (seen) =>
      Boolean(seen.hub?.branches.some((below) => below.name === name && below.state === 'in-sync')),
    );
    expect(status.server.roles).toContain('hub');
  }
  expect((await statusOf(middle)).server.roles).toEqual(['hub', 'branch']);
});

it('refuses a circle of hubs, and says at which server', async () => {
  const root = await tempFolder();
  const [a, b] = [await demoSite(root, 'lisbon', true), await demoSite(root, 'porto', true)];
  const sites = [a, b];
  for (const site of sites) await mustRun('hub', 'init', '--config', site.config);
  const processes = [await ServerProcess.start(a.config), await ServerProcess.start(b.config)];
  await join(a, b);
  await join(b, a);
  for (const running of processes) await running.stop();
  for (const site of sites) await ServerProcess.start(site.config);

  await drop(a, '46xxsettings.txt', 'SET A 1');
  await statusWhen(a, ({ hub }) => hub?.files === 1);
  const runs = await Promise.all(
    sites.map((site) => command('sync', 'updates', '--config', site.config)),
  );
  const refused = sites.filter((_, at) => runs[at]?.status === 10);
  expect(refused.length, JSON.stringify(runs)).toBeGreaterThan(0);
  for (const site of refused) {
    const { sync } = await statusOf(site);
    expect(sync).toMatchObject({ state: 'failed', lastRun: { code: 'LINK_CYCLE' } });
    expect(sync?.primary.lastError?.code).toBe('LINK_CYCLE');
  }
  // Nobody was given what is his own.
  const status = await statusOf(a);
  expect(status.hub?.files).toBe(1);
  expect(status.recentErrors.map(({ code }) => code)).not.toContain('RELEASE_NAME_REUSED');
});
