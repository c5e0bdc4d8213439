import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { IdentityFolder } from '#libs/identity';
import { HubClient } from '#libs/link';
import type { Status } from '#libs/pages';
import { silentLogger } from '#libs/observe';
import { sha256Of } from '../support/push-rig.ts';
import { ServerProcess } from '../support/server-process.ts';
import { join, mustRun, setLine, statusWhen } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Two hubs that have joined each other and run, and a branch that has joined both and does not. */
async function pairedSites() {
  const root = await tempFolder();
  const [first, second] = [await demoSite(root, 'porto', true), await demoSite(root, 'faro', true)];
  const branch = await demoSite(root, 'lisbon', false);
  for (const hub of [first, second]) {
    await mustRun('hub', 'init', '--config', hub.config);
    await setLine(hub, 'FileServer', '1\nCDRBackup=1');
  }
  const before = [
    await ServerProcess.start(first.config),
    await ServerProcess.start(second.config),
  ];
  await join(first, branch);
  await join(second, branch, '--secondary');
  await joinPeer(first, second);
  await joinPeer(second, first);
  for (const running of before) await running.stop();
  await setLine(branch, 'RequestUpdates', '0\nCDRBackup=1');
  for (const hub of [first, second]) await setLine(hub, 'PeerHub', '1\nReconcileSeconds=1');
  const start = ({ config }: DemoSite) => ServerProcess.start(config);
  return { first, second, branch, start };
}

/** `hub` becomes the other hub of `other`. */
async function joinPeer(other: DemoSite, hub: DemoSite): Promise<void> {
  const invitation = await mustRun('hub', 'invite', hub.name, '--config', other.config);
  await mustRun('join', invitation.trim(), '--config', hub.config, '--peer-hub', other.name);
}

/** A branch's own link to a hub, as it has joined it. */
async function linkTo(branch: DemoSite, peer: string): Promise<HubClient> {
  const folder = path.join(branch.folder, 'certs', peer);
  const identity = await new IdentityFolder(folder).load();
  if (identity === undefined) throw new Error(`${branch.name} has not joined ${peer}`);
  const client = new HubClient({
    identity: { ...identity, port: identity.hubPort },
    ...{ version: 'test', log: silentLogger() },
  });
  onTestFinished(() => client.close());
  return client;
}

const collected = async (...hubs: DemoSite[]): Promise<string[]> => {
  const folders = hubs.map(({ folder }) => path.join(folder, 'data', 'CDRdata'));
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names
    .flat()
    .filter((name) => !name.startsWith('.'))
    .toSorted();
};

const file = (name: string) => {
  const bytes = Buffer.from(`record ${name}`);
  return { file: { name, size: bytes.length, sha256: sha256Of(bytes), modified: 1 }, bytes };
};

const settled = ({ relay }: Status): boolean => relay?.incoming[0]?.waiting === 0;

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  await Promise.resolve();
}

it('delivers each record once over both hubs, whichever of them the branch sends it to', async () => {
  const { first, second, branch, start } = await pairedSites();
  const [one, two] = [await start(first), await start(second)];
  const [primary, secondary] = [await linkTo(branch, 'primary'), await linkTo(branch, 'secondary')];
  const names = Array.from({ length: 40 }, (_, n) => `C-${String(n).padStart(3, '0')}`);
  const files = names.map(file);
  // The acknowledgement of the primary is lost: all go to the secondary, too, at the same time.
  await Promise.all([
    primary.uploads.sendAll('cdr', files),
    secondary.uploads.sendAll('cdr', files),
  ]);
  await Promise.all([statusWhen(first, settled), statusWhen(second, settled)]);
  expect(await collected(first, second)).toEqual(names);

  // Sent to one, safe at both: the other lacks it no longer, and does not take it again.
  const late = file('C-late');
  await primary.uploads.sendAll('cdr', [late]);
  await expect.poll(() => collected(first, second)).toContain('C-late');
  await expect
    .poll(async () => (await secondary.uploads.offer('cdr', [late.file])).lacking)
    .toEqual([]);

  // Killed after it acknowledged: delivered once it is back, while the other says who it waits for.
  await two.kill();
  const lost = file('C-lost');
  await primary.uploads.sendAll('cdr', [lost]);
  await statusWhen(first, ({ recentErrors }) =>
    recentErrors.some(({ code }) => code === 'RECORDS_WAIT_FOR_HUB'),
  );
  expect(await collected(first, second)).not.toContain('C-lost');
  await one.kill();
  await start(second);
  await secondary.uploads.sendAll('cdr', [lost]);
  await start(first);
  await Promise.all([statusWhen(first, settled), statusWhen(second, settled)]);
  expect(await collected(first, second)).toEqual([...names, 'C-late', 'C-lost']);

  // Only the other hub may read what is here.
  await expect(primary.ledger(0)).rejects.toMatchObject({ code: 'CERTIFICATE_STRANGE' });
});

const nothingLacks = ({ relay }: Status): boolean => relay?.copies?.files === 0;
const recordsHere = async (hub: DemoSite): Promise<string[]> =>
  (await readdir(path.join(hub.folder, 'data', 'CDRBackup', 'lisbon')).catch(() => [])).toSorted();
/** All of these are on the hub's disk, and it lacks nothing. */
async function holdsAll(hub: DemoSite, names: readonly string[]): Promise<void> {
  await expect.poll(() => recordsHere(hub), { timeout: 30_000 }).toEqual(names);
  await statusWhen(hub, nothingLacks);
}

it('has at both what came to either, and delivers once from there what a lost hub had promised', async () => {
  const { first, second, branch, start } = await pairedSites();
  const [one, two] = [await start(first), await start(second)];
  const [primary, secondary] = [await linkTo(branch, 'primary'), await linkTo(branch, 'secondary')];
  const names = Array.from({ length: 40 }, (_, n) => `C-${String(n).padStart(3, '0')}`);
  await Promise.all([
    primary.uploads.sendAll('cdr', names.slice(0, 20).map(file)),
    secondary.uploads.sendAll('cdr', names.slice(20).map(file)),
  ]);
  // One that takes its way in pieces.
  const large = randomBytes(3_000_000);
  const largeFile = { name: 'C-large', size: large.length, sha256: sha256Of(large), modified: 1 };
  await primary.uploads.send('cdr', largeFile, 0, pieces(large));
  const all = [...names, 'C-large'];
  await Promise.all([holdsAll(first, all), holdsAll(second, all)]);
  expect(
    large.equals(await readFile(path.join(second.folder, 'data/CDRBackup/lisbon/C-large'))),
  ).toBe(true);
  await Promise.all([statusWhen(first, settled), statusWhen(second, settled)]);
  expect(await collected(first, second)).toEqual(all);

  // The other one is away when the last record comes: it is delivered nowhere, and then the first burns.
  await two.kill();
  await primary.uploads.sendAll('cdr', [file('C-last')]);
  const back = await start(second);
  await holdsAll(second, [...all, 'C-last']);
  await one.kill();
  await rm(first.folder, { recursive: true });
  await back.stop();
  await setLine(second, 'PeerHub', '0');
  await start(second);
  const before = await collected(second);
  expect(before).not.toContain('C-last');
  const words = ['relay', 'resend', '--delivered', '--name', 'C-last', '--config', second.config];
  await mustRun(...words);
  await statusWhen(second, ({ relay }) => relay?.incoming[0]?.waiting === 0);
  await expect
    .poll(() => collected(second), { timeout: 90_000, interval: 200 })
    .toEqual([...before, 'C-last']);
});

it('restores at either hub the backup that was saved last, whichever of them it came to', async () => {
  const { first, second, branch, start } = await pairedSites();
  await start(first);
  const two = await start(second);
  const [primary, secondary] = [await linkTo(branch, 'primary'), await linkTo(branch, 'secondary')];
  const name = 'FTPdata/2001_4620data.txt';
  const saved = (text: string, modified: number) => {
    const bytes = Buffer.from(text);
    return { file: { name, size: bytes.length, sha256: sha256Of(bytes), modified }, bytes };
  };
  const restored = async (hub: HubClient): Promise<string | undefined> => {
    const found = await hub.restores.newest(name, undefined);
    return typeof found === 'object' ? found.bytes.toString() : found;
  };
  await primary.uploads.sendAll('backup', [saved('first', 1_000_000)]);
  await expect.poll(() => restored(secondary), { timeout: 30_000 }).toBe('first');
  // A split: the later one comes to the second, and then an older one to the first.
  await two.kill();
  await primary.uploads.sendAll('backup', [saved('older', 2_000_000)]);
  await setLine(second, 'ReconcileSeconds', '3600');
  const alone = await start(second);
  await secondary.uploads.sendAll('backup', [saved('later', 3_000_000)]);
  await expect.poll(() => restored(primary), { timeout: 30_000 }).toBe('later');
  await alone.stop();
  await setLine(second, 'ReconcileSeconds', '1');
  await start(second);
  await primary.uploads.sendAll('cdr', [file('C-mark')]);
  // All that the first has was read: what it had earlier has not come back.
  await expect.poll(() => recordsHere(second), { timeout: 30_000 }).toEqual(['C-mark']);
  await statusWhen(second, nothingLacks);
  expect([await restored(primary), await restored(secondary)]).toEqual(['later', 'later']);
});
