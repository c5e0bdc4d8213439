import { expect, it } from 'vitest';
import { badInput } from '../support/bad-input.ts';
import { Garbage } from '../support/garbage.ts';
import { avayaJ100 } from '../support/phones/avaya-j100.ts';
import { avaya46xxByTftp } from '../support/phones/avaya-46xx.ts';
import { avayaTree, knownFiles } from '../support/phones/branch-tree.ts';
import { layOut, onlyDownloads, phoneBranch } from '../support/phones/phone-branch.ts';
import { branchOfPhones } from '../support/phones/phone-kinds.ts';
import { StartingPhone } from '../support/phones/starting-phone.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('serves telephones while nonsense comes in on every port, and tells each reason but no secret', async () => {
  const report = await badInput(await tempFolder(), 3_000);
  expect(report.failures).toEqual([]);
  expect(report.starts).toBeGreaterThan(17);
  expect(report.held).toBe(1000);
  expect(report.sent).toBeGreaterThan(500);
  expect(report.leaks).toEqual([]);
  expect(report.unexplained).toEqual([]);
  expect(report.lines.some(({ msg }) => msg === 'unreadable request')).toBe(true);
  expect(report.after).toBeLessThan(report.before + 100);
  expect(report.exit).toBe(0);
});

it.skipIf(!hasClient('prlimit'))(
  'survives that it has no descriptor left, and serves telephones again when strangers let go (prlimit)',
  async () => {
    const { site, servers } = await phoneBranch(await tempFolder(), 'lisbon');
    const tree = avayaTree({ firmwareBytes: 20_000 });
    await layOut(site, tree);
    const server = await ServerProcess.start(site.config);
    await runClient('prlimit', ['--pid', String(server.pid), '--nofile=160:160']);
    const readOnly = onlyDownloads(servers);
    const startAll = async (): Promise<void> => {
      for (const { self, kind } of branchOfPhones(4, [avayaJ100, avaya46xxByTftp])) {
        const phone = new StartingPhone(self, readOnly, knownFiles(tree));
        await kind.start(phone);
        phone.hangUp();
      }
    };
    await startAll();
    const strangers = new Garbage(servers);
    await strangers.hold(400);
    // Who has no connection yet gets none; who asks by TFTP is still answered from memory.
    const [, byTftp] = branchOfPhones(2, [avayaJ100, avaya46xxByTftp]);
    if (byTftp === undefined) throw new Error('no telephone');
    await byTftp.kind.start(new StartingPhone(byTftp.self, readOnly, knownFiles(tree)));
    strangers.stop();
    await startAll();
    expect(await server.stop()).toBe(0);
  },
);
