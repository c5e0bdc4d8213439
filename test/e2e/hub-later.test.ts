import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, join, mustRun, sha256, statusWhen, visibleIn } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('gives branches what a server had published before it became a hub, and again when its store is lost', async () => {
  const root = await tempFolder();
  const hub = await demoSite(root, 'hub', true);
  const branches = [await demoSite(root, 'lisbon', false), await demoSite(root, 'porto', false)];
  const payload = randomBytes(3_000_000);

  const alone = await ServerProcess.start(hub.config);
  await drop(hub, 'firmware.bin', payload);
  await alone.logged(({ msg }) => msg === 'update added');
  await alone.stop();

  await mustRun('hub', 'init', '--config', hub.config);
  for (const branch of branches) {
    const asHub = await ServerProcess.start(hub.config);
    await join(hub, branch);
    await statusWhen(hub, (status) => status.hub?.files === 1);
    const running = await ServerProcess.start(branch.config);
    await statusWhen(
      hub,
      (status) =>
        status.hub?.branches.some(
          ({ name, state }) => name === branch.name && state === 'in-sync',
        ) === true,
    );
    expect(await visibleIn(branch, 'HTTPSdata')).toEqual({ 'firmware.bin': sha256(payload) });
    await running.stop();
    await asHub.stop();
    await rm(path.join(hub.folder, 'state', 'store'), { recursive: true });
  }
});
