import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { loadPlan } from '../../apps/server/compose.ts';
import type { ServerPlan } from '../../apps/server/server-plan.ts';
import { command } from '../support/launched-server.ts';
import { isRoot, runClient } from '../support/real-client.ts';
import { BadLink } from './bad-link.ts';
import { fakeClock } from './fake-clock.ts';
import type { Moments } from './moments.ts';
import { Victim, type Role } from './victim.ts';

/** A site and the process that serves it. */
export interface Place {
  readonly site: DemoSite;
  readonly plan: ServerPlan;
  readonly victim: Victim;
  /** Seconds that its clock is off from now on; undefined where clocks cannot be moved. */
  readonly setClock: ((seconds: number) => Promise<void>) | undefined;
}

export interface BranchPlace extends Place {
  readonly ftpPort: number;
  readonly links: Readonly<Record<'hub' | 'spare', BadLink>>;
}

/** Two hubs and some branches that have joined both, each a process of its own; nothing runs yet. */
export interface World {
  readonly root: string;
  readonly hub: Place;
  readonly spare: Place;
  readonly branches: readonly BranchPlace[];
  readonly places: readonly Place[];
  /** The hub's disk can be filled. */
  readonly smallDisk: boolean;
  /** With `keep`, the folder stays for a person to look at. */
  remove(keep: boolean): Promise<void>;
}

const diskMB = 600;

export async function buildWorld(names: readonly string[], moments: Moments): Promise<World> {
  const root = await mkdtemp(path.join(tmpdir(), 'branchline-faults-'));
  const hubFolder = path.join(root, 'head-office');
  await mkdir(hubFolder);
  const smallDisk = isRoot() && (await mounted(hubFolder));
  const hub = await demoSite(root, 'head-office', true);
  const spare = await demoSite(root, 'spare', true);
  const takes = { 'BACKUP_SERVERS/FileServer': '1', 'UPDATES/ReserveMB': '1' };
  await changeSettings(hub.config, {
    ...takes,
    'BACKUP_SERVERS/CDRBackup': '1',
    'BACKUP_SERVERS/BCMSBackup': '1',
  });
  await changeSettings(spare.config, takes);
  const place = async (site: DemoSite, role: Role): Promise<Place> => {
    const plan = await loadPlan(site.config);
    const clock = await fakeClock(path.join(root, `${site.name}.clock`));
    const victim = new Victim({
      ...{ name: site.name, role, config: site.config },
      logFile: path.join(root, `${site.name}.log`),
      env: () => clock?.env ?? {},
      onLine: ({ msg }) => {
        if (msg === 'received') moments.tell('acknowledge', site.name);
        if (msg === 'delivered') moments.tell('deliver', site.name);
        if (msg === 'backup brought back from the hub') moments.tell('restore', site.name);
      },
    });
    return { site, plan, victim, setClock: clock?.set };
  };
  const hubs = { hub: await place(hub, 'hub'), spare: await place(spare, 'spare') };
  for (const each of Object.values(hubs)) {
    await must('hub', 'init', '--config', each.site.config);
    each.victim.start();
    if (!(await each.victim.becomesReady(30_000)))
      throw new Error(`${each.site.name} did not start`);
  }
  const branches: BranchPlace[] = [];
  for (const name of names) {
    const site = await demoSite(root, name, false);
    const ftpPort = await freeTcpPort();
    await join(hub, site);
    await join(spare, site, '--secondary');
    const links = { hub: await linkTo(hub), spare: await linkTo(spare) };
    await changeSettings(site.config, {
      'BACKUP_SERVERS/PrimaryIP': `127.0.0.1:${links.hub.port}`,
      'BACKUP_SERVERS/SecondaryIP': `127.0.0.1:${links.spare.port}`,
      'BACKUP_SERVERS/RequestBackup': '1',
      'BACKUP_SERVERS/CDRBackup': '1',
      'BACKUP_SERVERS/BCMSBackup': '1',
      'FTP/RunFTP': '1',
      'FTP/FTPPort': String(ftpPort),
      'TFTP/RunTrivialFTP': '0',
      'SNMP/UseSNMP': '0',
      'UPLOADS/HTTPBackupProof': 'none',
      'UPDATES/ReserveMB': '1',
    });
    branches.push({ ...(await place(site, 'branch')), ftpPort, links });
  }
  await watchAll(hubs.hub, branches, moments);
  return {
    ...{ root, ...hubs, branches, smallDisk },
    places: [hubs.hub, hubs.spare, ...branches],
    remove: async (keep) => {
      for (const { links } of branches) for (const link of Object.values(links)) await link.close();
      if (keep) return;
      if (smallDisk) await unmounted(hubFolder);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Where the flows can be seen. */
async function watchAll(
  hub: Place,
  branches: readonly BranchPlace[],
  moments: Moments,
): Promise<void> {
  const { folders } = hub.plan;
  const name = hub.site.name;
  for (const kind of ['cdr', 'bcms'] as const) {
    const { received, inbox } = folders.records[kind];
    await moments.watch(path.join(received, '.branchline', 'incoming'), 'body', name);
    await moments.watch(path.join(inbox, '.branchline', 'delivering'), 'deliver', name);
    for (const { site } of branches) {
      await moments.watch(path.join(received, site.name), 'rename', name);
    }
  }
  await moments.watch(path.join(folders.backup, '.branchline', 'uploads'), 'body', name);
  await moments.watch(path.join(folders.backup, '.branchline', 'incoming'), 'body', name);
  await moments.watch(folders.state, 'commit', name, /-wal$/);
  for (const { site, plan, links } of branches) {
    for (const folder of [plan.folders.trees.FTP, plan.uploads.backups?.folder ?? '']) {
      await moments.watch(path.join(folder, '.branchline', 'incoming'), 'save', site.name);
    }
    for (const link of Object.values(links)) {
      link.onTraffic = (what) => {
        moments.tell(what === 'asked' ? 'offer' : 'acknowledge', site.name);
      };
    }
  }
}

async function linkTo(hub: DemoSite): Promise<BadLink> {
  const port = Number(/^HubPort=(\d+)$/m.exec(await readFile(hub.config, 'utf8'))?.[1]);
  return await BadLink.open(port);
}

async function join(hub: DemoSite, branch: DemoSite, ...options: string[]): Promise<void> {
  const line = await must('hub', 'invite', branch.name, '--config', hub.config);
  await must('join', line.trim(), '--config', branch.config, ...options);
}

async function must(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(...words);
  if (status !== 0) throw new Error(`branchline ${words.join(' ')}: exit ${status}: ${stderr}`);
  return stdout;
}

async function mounted(folder: string): Promise<boolean> {
  const { status } = await runClient('mount', [
    ...['-t', 'tmpfs', '-o', `size=${diskMB}m`, 'branchline-faults', folder],
  ]);
  return status === 0;
}

async function unmounted(folder: string): Promise<void> {
  await runClient('umount', ['-l', folder]);
}

/** Take every byte that is left of a disk, give all back after a while. */
export async function fillDisk(folder: string, forMs: number, sizeMB = diskMB): Promise<void> {
  const ballast = path.join(folder, 'ballast');
  try {
    const piece = Buffer.alloc(4 * 1024 * 1024);
    await writeFile(
      ballast,
      (function* () {
        for (let n = 0; n < sizeMB / 4 + 1; n += 1) yield piece;
      })(),
    );
  } catch {
    // It is full.
  }
  await sleep(forMs);
  await rm(ballast, { force: true });
}
