import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import AdmZip from 'adm-zip';
import { expect, it } from 'vitest';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { readApiToken } from '../../apps/server/api-token.ts';
import { loadPlan } from '../../apps/server/compose.ts';
import { ServerClient } from '../../apps/server/server-client.ts';
import { UpdatesClient } from '../../apps/server/updates-client.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { joinedSites, mustRun, statusWhen, visibleIn, sha256 } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { pieces } from '../support/update-desk-rig.ts';

const clientOf = async ({ config }: DemoSite): Promise<UpdatesClient> =>
  new UpdatesClient(await ServerClient.open(await loadPlan(config)));

function version(n: number): Buffer {
  const zip = new AdmZip();
  zip.addFile('J100Supgrade.txt', Buffer.from(`SET APPNAME ${n}`));
  zip.addFile('firmware/j179.bin', Buffer.from(`firmware ${n}`));
  zip.addFile(`firmware/only-${n}.bin`, Buffer.from(`only ${n}`));
  return zip.toBuffer();
}

const inSync = async (hub: DemoSite, release: number): Promise<void> => {
  await statusWhen(
    hub,
    ({ hub: at }) =>
      at?.releaseVersion === release && at.branches.every(({ state }) => state === 'in-sync'),
  );
};

it('goes out to the branches when it is published, and back again when it is rolled back at the hub', async () => {
  const { hub, branch } = await joinedSites();
  await ServerProcess.start(branch.config);
  const client = await clientOf(hub);
  const upload = async (n: number, name = 'J100.zip') =>
    await client.upload({ name, by: 'ada', body: pieces(version(n)) });
  const { release: before } = await client.list({ limit: 50, offset: 0 });

  const first = await upload(1);
  expect(first.branches).toMatchObject({ total: 1, names: [{ name: 'lisbon' }] });
  await client.publish(first.draft.id, undefined, 'ada');
  await inSync(hub, (before ?? 0) + 1);
  const second = await upload(2);
  expect(second.look.against).toBe('published');
  await client.publish(second.draft.id, second.replaces?.sha256, 'ada');
  await inSync(hub, (before ?? 0) + 2);
  expect((await client.list({ limit: 50, offset: 0 })).updates).toMatchObject([
    { name: 'J100.zip', branches: { have: 1, refused: 0 }, earlier: 1, release: (before ?? 0) + 2 },
  ]);

  const dry = await mustRun(
    'updates',
    'rollback',
    'J100.zip',
    '--dry-run',
    '--json',
    '--config',
    hub.config,
  );
  expect(JSON.parse(dry)).toMatchObject({ scope: 'branches', to: { sha256: first.draft.sha256 } });
  await mustRun('updates', 'rollback', 'J100.zip', '--config', hub.config);
  await inSync(hub, (before ?? 0) + 3);
  const tree = {
    'J100Supgrade.txt': sha256('SET APPNAME 1'),
    'firmware/j179.bin': sha256('firmware 1'),
    'firmware/only-1.bin': sha256('only 1'),
    // Nothing is taken away from a telephone that may be loading it.
    'firmware/only-2.bin': sha256('only 2'),
  };
  expect(await visibleIn(branch, 'HTTPdata')).toEqual(tree);
  expect(await visibleIn(branch, 'HTTPSdata')).toEqual(tree);

  // At the branch alone: what the last publication replaced comes back, and the next sync leaves it alone.
  const refused = await command('updates', 'withdraw', 'J100.zip', '--config', branch.config);
  expect(refused.stderr).toContain('UPDATE_FROM_HUB');
  await mustRun('updates', 'rollback', 'J100.zip', '--config', branch.config);
  const atBranch = await clientOf(branch);
  await atBranch.upload({ name: 'own.bin', by: 'bob', body: pieces(Buffer.from('own')) });
  await mustRun('sync', 'updates', '--config', branch.config);
  expect((await visibleIn(branch, 'HTTPdata'))['J100Supgrade.txt']).toBe(sha256('SET APPNAME 2'));
  expect(await atBranch.list({ limit: 50, offset: 0 })).toMatchObject({
    updates: [{ here: { state: 'rolled-back' }, branches: null }],
    drafts: [{ name: 'own.bin', by: 'bob' }],
  });

  await mustRun('updates', 'withdraw', 'J100.zip', '--config', hub.config);
  await inSync(hub, (before ?? 0) + 4);
  expect(await client.list({ limit: 50, offset: 0 })).toMatchObject({
    updates: [],
    withdrawn: [{ name: 'J100.zip', sha256: first.draft.sha256 }],
  });
  expect(Object.keys(await visibleIn(branch, 'HTTPdata'))).toHaveLength(4);
  const audit = await mustRun('audit', '--name', 'J100.zip', '--config', hub.config);
  expect(audit.match(/^\S+ +(uploaded|published|rolled-back|withdrawn) +\S/gm)).toHaveLength(6);
});

/** Send the beginning of an upload and hold the line. */
async function begun(site: DemoSite, bytes: number): Promise<{ cut: () => void }> {
  const plan = await loadPlan(site.config);
  const token = (await readApiToken(plan.folders.state)) ?? '';
  const held = request({
    ...{ host: '127.0.0.1', port: site.statusPort, method: 'POST' },
    path: '/api/v1/updates/drafts?name=big.bin',
    headers: { authorization: `Bearer ${token}`, 'content-length': `${bytes * 2}` },
  });
  held.on('error', () => undefined);
  held.write(randomBytes(bytes));
  const drafts = path.join(updatesOf(site), '.branchline', 'drafts');
  while (
    !(await readdir(drafts, { recursive: true }).catch(() => [])).some((name) =>
      name.endsWith('.partial'),
    )
  )
    await sleep(20);
  return { cut: () => held.destroy() };
}

const uploadsIn = async (site: DemoSite): Promise<string[]> =>
  await readdir(path.join(updatesOf(site), '.branchline', 'drafts'));

it('leaves nothing of an upload that is cut off, nor of one when the server is killed', async () => {
  const site = await demoSite(await tempFolder(), 'alone', false);
  const server = await ServerProcess.start(site.config);
  const { cut } = await begun(site, 4_000_000);
  cut();
  while ((await uploadsIn(site)).length > 0) await sleep(20);

  await begun(site, 4_000_000);
  await server.kill();
  expect(await uploadsIn(site)).toHaveLength(1);
  await ServerProcess.start(site.config);
  expect(await uploadsIn(site)).toEqual([]);
  expect(await readdir(updatesOf(site))).toEqual(['.branchline']);

  const file = path.join(site.folder, 'J100.zip');
  const next = version(2);
  await writeFile(file, version(1));
  const words = ['--config', site.config];
  await mustRun('updates', 'publish', file, ...words);
  await writeFile(file, next);
  const again = await command('updates', 'publish', file, ...words);
  expect(again.stderr).toContain('UPDATE_NAME_TAKEN');
  await mustRun('updates', 'publish', file, '--replace', ...words);
  expect(await readFile(path.join(updatesOf(site), 'J100.zip'))).toEqual(next);
  expect(await uploadsIn(site)).toEqual([]);
});
