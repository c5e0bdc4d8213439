import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { command, ServerProcess } from '../support/server-process.ts';
import { joinedSites, mustRun, setLine, statusWhen, type Sites } from '../support/site.ts';

/** What a telephone has saved a minute ago. */
async function saved({ branch }: Sites, name: string, bytes: string): Promise<void> {
  const file = path.join(branch.folder, 'data', 'FTPdata', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  const at = Date.now() / 1_000 - 60;
  await utimes(file, at, at);
}

const atHub = ({ hub }: Sites, name: string): string =>
  path.join(hub.folder, 'data', 'Backup', 'lisbon', 'FTPdata', name);

it('brings a telephone’s backup to head office at one "sync backup", also after the hub was killed', async () => {
  const sites = await joinedSites();
  await setLine(sites.branch, 'RequestUpdates', '1\nRequestBackup=1');
  await saved(sites, '2001_4620data.txt', 'ABKNAME001=Ana');
  await ServerProcess.start(sites.branch.config);
  const said = await mustRun('sync', 'backup', '--config', sites.branch.config);
  expect(await readFile(atHub(sites, '2001_4620data.txt'), 'utf8')).toBe('ABKNAME001=Ana');

  await sites.hubProcess.kill();
  await saved(sites, '2002_4620data.txt', 'ABKNAME001=Rui');
  const away = await command('sync', 'backup', '--config', sites.branch.config);
  expect(away).toMatchObject({ status: 11 });
  await ServerProcess.start(sites.hub.config);
  await mustRun('sync', 'backup', '--config', sites.branch.config);
  expect(await readFile(atHub(sites, '2002_4620data.txt'), 'utf8')).toBe('ABKNAME001=Rui');
  expect(said).toContain('in sync');
});

it('lets head office see a branch that sends backups and takes no updates', async () => {
  const sites = await joinedSites();
  await setLine(sites.branch, 'RequestUpdates', '0\nRequestBackup=1');
  await saved(sites, '2001_4620data.txt', 'ABKNAME001=Ana');
  await ServerProcess.start(sites.branch.config);
  await mustRun('sync', 'backup', '--config', sites.branch.config);
  const { hub } = await statusWhen(
    sites.hub,
    (status) => status.hub?.branches[0]?.state === 'in-sync',
  );
  expect(hub?.branches).toMatchObject([
    { name: 'lisbon', lastError: null, clockSkewS: 0, version: expect.any(String) as string },
  ]);
});

it('says what can be synced where a branch sends no backups', async () => {
  const { branch } = await joinedSites();
  await ServerProcess.start(branch.config);
  const refused = await command('sync', 'backup', '--config', branch.config);
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toContain('updates');
});

it('relays call records to the collector at head office, each once, and purges nothing before its time', async () => {
  const sites = await joinedSites();
  const { hub, branch } = sites;
  await sites.hubProcess.stop();
  await setLine(hub, 'FileServer', '1\nCDRBackup=1');
  await setLine(branch, 'RequestUpdates', '1\nCDRBackup=1\nRetainDays=0.01');
  await ServerProcess.start(hub.config);
  const collected = path.join(branch.folder, 'data', 'CDRdata');
  // It is there from the first start on: nobody has to make it.
  await (await ServerProcess.start(branch.config)).stop();
  const at = Date.now() / 1_000 - 60;
  for (const name of ['S000123-0001-261126-10_00', 'C-S000123-0001-261126-11_00', 'mv_cdr.tmp']) {
    await writeFile(path.join(collected, name), `records of ${name}`);
    await utimes(path.join(collected, name), at, at);
  }
  await ServerProcess.start(branch.config);
  await mustRun('sync', 'cdr', '--config', branch.config);
  await mustRun('sync', 'cdr', '--config', branch.config);

  const inbox = path.join(hub.folder, 'data', 'CDRdata');
  const delivered = async (): Promise<string[]> =>
    (await readdir(inbox)).filter((name) => name !== '.branchline');
  await expect.poll(delivered).toEqual(['S000123-0001-261126-10_00']);
  expect(await readFile(path.join(inbox, 'S000123-0001-261126-10_00'), 'utf8')).toBe(
    'records of S000123-0001-261126-10_00',
  );
  expect(await readdir(collected)).toHaveLength(3);
  const audit = await mustRun('audit', '--json', '--config', hub.config);
  const record = { branch: 'lisbon', kind: 'cdr', name: 'S000123-0001-261126-10_00' };
  expect(JSON.parse(audit)).toMatchObject([
    { act: 'received', by: 'branch lisbon', ...record, size: 36, result: 'done' },
    { act: 'delivered', by: 'delivery', ...record, size: 36, result: 'done' },
  ]);
});
