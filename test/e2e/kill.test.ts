import { readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { buildFirmwareZip, type FirmwareFile } from '../../apps/demo/firmware-set.ts';
import { Relay } from '../support/relay.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, leftovers, setLine, statusWhen, visibleIn } from '../support/site.ts';

/** Slower than a branch on a busy machine: what it has not read yet would count as sent twice. */
const bytesPerSecond = 16_000_000;
const tenths = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A relay in front of the hub, through which this branch reaches it. */
async function relayed(hub: DemoSite, branch: DemoSite): Promise<Relay> {
  const hubPort = Number(/^HubPort=(\d+)$/m.exec(await readFile(hub.config, 'utf8'))?.[1]);
  const relay = await Relay.start(() => hubPort, bytesPerSecond);
  onTestFinished(() => relay.stop());
  await setLine(branch, 'PrimaryIP', `127.0.0.1:${relay.port}`);
  return relay;
}

async function dropFirmware(
  hub: DemoSite,
  totalBytes: number,
): Promise<{ files: FirmwareFile[]; bytes: number }> {
  const building = path.join(updatesOf(hub), '.building.tmp');
  const files = await buildFirmwareZip({ target: building, totalBytes, files: 40 });
  const { size } = await stat(building);
  await rename(building, path.join(updatesOf(hub), 'firmware.zip'));
  return { files, bytes: size };
}

async function expectNewSet(branch: DemoSite, files: readonly FirmwareFile[]): Promise<void> {
  await statusWhen(
    branch,
    ({ sync }) =>
      sync?.files.some(({ name, state }) => name === 'firmware.zip' && state === 'published') ??
      false,
  );
  const expected = Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]));
  expect(await visibleIn(branch, 'HTTPdata')).toMatchObject(expected);
  expect(await leftovers(branch, 'HTTPdata')).toEqual([]);
  expect(await leftovers(branch, 'Updates')).toEqual([]);
}

it('goes on at the same byte after kill -9 of the branch at every tenth of the fetch', async () => {
  const { hub, branch } = await joinedSites();
  const relay = await relayed(hub, branch);
  await drop(hub, 'old.txt', 'old');
  let branchProcess = await ServerProcess.start(branch.config);
  await statusWhen(
    branch,
    ({ sync }) => sync?.files.some(({ state }) => state === 'published') ?? false,
  );
  const { files, bytes } = await dropFirmware(hub, 100_000_000);
  const before = relay.down;
  for (const tenth of tenths) {
    await relay.reached(before + (bytes * tenth) / 10);
    await branchProcess.kill();
    expect(Object.keys(await visibleIn(branch, 'HTTPdata'))).toEqual(['old.txt']);
    branchProcess = await ServerProcess.start(branch.config);
  }
  await expectNewSet(branch, files);
  expect((relay.down - before) / bytes).toBeLessThanOrEqual(1.1);
});

it('goes on at the same byte after kill -9 of the hub at every tenth of the fetch', async () => {
  const { hub, branch, hubProcess } = await joinedSites();
  const relay = await relayed(hub, branch);
  await ServerProcess.start(branch.config);
  const { files, bytes } = await dropFirmware(hub, 40_000_000);
  let running = hubProcess;
  for (const tenth of tenths) {
    await relay.reached((bytes * tenth) / 10);
    await running.kill();
    running = await ServerProcess.start(hub.config);
  }
  await expectNewSet(branch, files);
  expect(relay.down / bytes).toBeLessThanOrEqual(1.1);
});

it('goes on by itself when the link is cut again and again', async () => {
  const { hub, branch } = await joinedSites();
  const relay = await relayed(hub, branch);
  await ServerProcess.start(branch.config);
  const { files, bytes } = await dropFirmware(hub, 40_000_000);
  for (const tenth of tenths) {
    await relay.reached((bytes * tenth) / 10);
    relay.cut();
  }
  await expectNewSet(branch, files);
  expect(relay.down / bytes).toBeLessThanOrEqual(1.1);
});
