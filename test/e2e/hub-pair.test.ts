import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { IdentityFolder } from '#libs/identity';
import { HubClient } from '#libs/link';
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
  const settled = ({ relay }: { relay?: { incoming: { waiting: number }[] } | null }): boolean =>
    relay?.incoming[0]?.waiting === 0;
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
