import { rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { demoSite, updatesOf } from '../../apps/demo/demo-site.ts';
import type { FirmwareOptions } from '../../apps/demo/firmware-plan.ts';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { avaya46xxByHttp } from '../support/phones/avaya-46xx.ts';
import { avaya96x1Sip } from '../support/phones/avaya-96x1.ts';
import { avayaJ100 } from '../support/phones/avaya-j100.ts';
import { avayaTree, knownFiles } from '../support/phones/branch-tree.ts';
import { fullBranch } from '../support/phones/full-branch.ts';
import { onlyDownloads, phoneBranch } from '../support/phones/phone-branch.ts';
import { branchOfPhones } from '../support/phones/phone-kinds.ts';
import { StartingPhone } from '../support/phones/starting-phone.ts';
import { fileIs } from '../support/file-state.ts';
import { ServerProcess } from '../support/server-process.ts';
import { join, mustRun, statusWhen } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const versions = ['4_1_3_0_6', '4_1_4_0_2'];

it('a telephone that starts in the middle of a publication gets old or new files, and all that they name', async () => {
  const root = await tempFolder();
  const hub = await demoSite(root, 'hub', true);
  const { site, servers } = await phoneBranch(root, 'lisbon');
  await mustRun('hub', 'init', '--config', hub.config);
  await ServerProcess.start(hub.config);
  await join(hub, site);
  await ServerProcess.start(site.config);
  const release = async (version = ''): Promise<void> => {
    const options: FirmwareOptions = { version, files: 40, totalBytes: 40 * 30_000 };
    const building = path.join(updatesOf(hub), '.building.tmp');
    await buildFirmwareZip({ target: building, ...options });
    await rename(building, path.join(updatesOf(hub), `${version}.zip`));
  };
  await release(versions[0]);
  await statusWhen(site, fileIs('4_1_3_0_6.zip', 'published'));

  const known = knownFiles(
    ...versions.map((version) => avayaTree({ version, firmwareBytes: 30_000 })),
  );
  const seen = new Set<number>();
  let over = false;
  const desks = branchOfPhones(3, [avayaJ100, avaya96x1Sip, avaya46xxByHttp]);
  const telephones = Promise.all(
    desks.map(async ({ self, kind }) => {
      let reached = 0;
      for (let last = false; !last;) {
        last = over;
        // The server has a release to unpack, on the same cores.
        await sleep(20);
        const phone = new StartingPhone(self, onlyDownloads(servers), known);
        await kind.start(phone);
        phone.hangUp();
        const [upgrade, ...later] = phone.asked.filter(({ version }) => version !== undefined);
        // Settings come before the upgrade file: who saw the new one sees nothing old after it.
        for (const { version = 0, name } of later) {
          const isShared = /settings|upgrade/i.test(name);
          if (isShared) expect(version).toBeGreaterThanOrEqual(upgrade?.version ?? 0);
        }
        expect(upgrade?.version).toBeGreaterThanOrEqual(reached);
        reached = upgrade?.version ?? 0;
        seen.add(reached);
      }
      return reached;
    }),
  );
  for (const version of versions.slice(1)) {
    await release(version);
    await statusWhen(site, fileIs(`${version}.zip`, 'published'));
  }
  over = true;
  expect(await telephones).toEqual(desks.map(() => 1));
  expect([...seen].toSorted()).toEqual([0, 1]);
});

it('sixty telephones of all kinds start in the same instant while a release arrives: each is done, none waits', async () => {
  const phones = 60;
  const { load, loopMs } = await fullBranch({
    folder: await tempFolder(),
    phones,
    firmwareBytes: 200_000,
    releaseBytes: 12_000_000,
  });
  expect(load.failures).toEqual([]);
  expect(load.done).toBe(phones);
  // A bound for machines that do other things meanwhile; what is promised is measured by `npm run bench -- branch-full`.
  expect(loopMs).toBeLessThan(500);
});
