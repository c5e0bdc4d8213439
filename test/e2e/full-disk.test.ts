import { randomBytes } from 'node:crypto';
import { cp, open, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { expect, it } from 'vitest';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { fileIs } from '../support/file-state.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { relayedHub } from '../support/relayed-hub.ts';
import { ServerProcess } from '../support/server-process.ts';
import {
  drop,
  joinedSites,
  leftovers,
  setLine,
  sha256,
  statusOf,
  statusWhen,
  visibleIn,
  type Sites,
} from '../support/site.ts';
import { smallDisk } from '../support/small-disk.ts';

const diskBytes = 48 * 1024 * 1024;
const old = 'SET A 1';

/** A hub, and a branch with all that it has on a small disk; both hold one old file. */
async function onSmallDisk(
  reserveMB: number,
  prepare: (sites: Sites) => Promise<void> = async () => {},
): Promise<Sites & { disk: string }> {
  const sites = await joinedSites();
  const { hub, branch } = sites;
  await setLine(branch, 'ReserveMB', `${reserveMB}`);
  await prepare(sites);
  const disk = await smallDisk(diskBytes);
  await cp(branch.folder, disk, { recursive: true });
  await rm(branch.folder, { recursive: true });
  await symlink(disk, branch.folder);
  await ServerProcess.start(branch.config);
  await drop(hub, '46xxsettings.txt', old);
  await statusWhen(branch, fileIs('46xxsettings.txt', 'published'));
  return { ...sites, disk };
}

/** Write until the disk is full, or so many bytes; returns the function that takes them away. */
async function ballast(disk: string, bytes = Infinity): Promise<() => Promise<void>> {
  const file = path.join(disk, 'ballast');
  const handle = await open(file, 'w');
  const piece = Buffer.alloc(256 * 1024);
  try {
    for (let done = 0; done < bytes; done += piece.length) await handle.write(piece);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    await handle.close();
  }
  return () => rm(file);
}

/** The branch waits, says so here and at the hub, shows nothing short, and serves what it has. */
async function expectWaiting(hub: DemoSite, branch: DemoSite): Promise<void> {
  const { sync } = await statusWhen(branch, (status) => status.sync?.state === 'waiting-for-space');
  expect(sync?.lastRun).toMatchObject({ state: 'failed', code: 'DISK_FULL' });
  const atHub = await statusWhen(hub, (status) => status.hub?.branches[0]?.state === 'error');
  expect(atHub.hub?.branches[0]?.lastError).toMatchObject({ code: 'DISK_FULL' });
  for (const tree of ['TFTPdata', 'HTTPdata', 'HTTPSdata']) {
    expect(await visibleIn(branch, tree)).toEqual({ '46xxsettings.txt': sha256(old) });
    expect(await leftovers(branch, tree)).toEqual([]);
  }
  const phone = await fetch(`http://127.0.0.1:${branch.httpPort}/46xxsettings.txt`);
  expect(await phone.text()).toBe(old);
}

it.skipIf(!canMountTmpfs())(
  'waits with an archive for which the disk has no room, and goes on by itself (mount)',
  async () => {
    const { hub, branch, disk } = await onSmallDisk(1);
    const makeRoom = await ballast(disk, 36 * 1024 * 1024);
    const payload = randomBytes(14_000_000);
    const zip = new AdmZip();
    zip.addFile('firmware.bin', payload);
    await drop(hub, 'firmware.zip', zip.toBuffer());
    await expectWaiting(hub, branch);
    expect(await leftovers(branch, 'Updates')).toEqual([]);
    await makeRoom();
    await statusWhen(branch, fileIs('firmware.zip', 'published'));
    expect(await visibleIn(branch, 'HTTPSdata')).toMatchObject({
      'firmware.bin': sha256(payload),
    });
  },
);

it.skipIf(!canMountTmpfs())(
  'waits with an archive that is here and does not fit when unpacked, and goes on by itself (mount)',
  async () => {
    const { hub, branch, disk } = await onSmallDisk(1);
    const makeRoom = await ballast(disk, 32 * 1024 * 1024);
    // Small when packed, a hundred times that when unpacked, in two trees.
    const payload = Buffer.concat(
      Array.from({ length: 200 }, () => Buffer.concat([randomBytes(600), Buffer.alloc(65_000)])),
    );
    const zip = new AdmZip();
    zip.addFile('firmware.bin', payload);
    await drop(hub, 'firmware.zip', zip.toBuffer());
    await expectWaiting(hub, branch);
    expect((await statusOf(branch)).sync?.files).toMatchObject([
      { name: '46xxsettings.txt', state: 'published' },
      { name: 'firmware.zip', state: 'fetched' },
    ]);
    await makeRoom();
    await statusWhen(branch, fileIs('firmware.zip', 'published'));
    expect(await visibleIn(branch, 'HTTPdata')).toMatchObject({ 'firmware.bin': sha256(payload) });
  },
);

it.skipIf(!canMountTmpfs())(
  'keeps what it has fetched when somebody else fills the disk meanwhile, and goes on from there (mount)',
  async () => {
    const relays: Awaited<ReturnType<typeof relayedHub>>[] = [];
    const { hub, branch, disk } = await onSmallDisk(0, async ({ hub: above, branch: below }) => {
      relays.push(await relayedHub(above, below, 6_000_000));
    });
    const [relay] = relays;
    if (relay === undefined) throw new Error('no relay');
    const payload = randomBytes(12_000_000);
    const before = relay.down;
    await drop(hub, 'firmware.bin', payload);
    await relay.reached(before + 4_000_000);
    const makeRoom = await ballast(disk);
    await expectWaiting(hub, branch);
    await makeRoom();
    await statusWhen(branch, fileIs('firmware.bin', 'published'));
    expect(await visibleIn(branch, 'HTTPdata')).toMatchObject({ 'firmware.bin': sha256(payload) });
    expect((relay.down - before) / payload.length).toBeLessThanOrEqual(1.1);
  },
);
