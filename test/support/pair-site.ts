import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import { branchline, LaunchedServer } from './launched-server.ts';
import type { Machine } from './network.ts';

/** A server on a machine of its own, on the ports that telephones know. */
export interface PairSite {
  readonly name: string;
  readonly machine: Machine;
  readonly folder: string;
  readonly config: string;
}

const everybody = {
  'Settings/DataDir': 'data',
  'HTTPS/RunHTTPS': '1',
  'SNMP/UseSNMP': '0',
  'UPLOADS/HTTPBackupProof': 'none',
  'UPDATES/SettleSeconds': '0.3',
  'UPDATES/ReserveMB': '1',
};
const records = { 'BACKUP_SERVERS/CDRBackup': '1', 'BACKUP_SERVERS/BCMSBackup': '1' };

/** In `root/name`; `more` are settings as `SECTION/Key`. */
export async function pairSite(
  root: string,
  name: string,
  machine: Machine,
  more: Readonly<Record<string, string>> = {},
): Promise<PairSite> {
  const folder = path.join(root, name);
  const config = path.join(folder, 'MV_IPTel.ini');
  await mkdir(path.join(folder, 'data'), { recursive: true });
  await writeFile(config, `[Settings]\nServerName=${name}\n`);
  await changeSettings(config, { ...everybody, ...more });
  return { name, machine, folder, config };
}

/**
 * Two hubs that have joined each other as a pair, and branches that have joined both: every other one has the second
 * for its primary. None of them runs when it is done.
 */
export async function joinAll(
  [one, two]: readonly [PairSite, PairSite],
  branches: readonly PairSite[],
): Promise<void> {
  const running = await Promise.all(
    [one, two].map(async (hub) => {
      await on(hub, 'hub', 'init');
      const takes = { 'BACKUP_SERVERS/FileServer': '1', 'HUB/HubName': hub.machine.address };
      await changeSettings(hub.config, { ...takes, ...records });
      return await LaunchedServer.launch(hub.config, 'serve', { on: hub.machine.on });
    }),
  );
  try {
    for (const [at, branch] of branches.entries()) {
      const [first, second] = at % 2 === 0 ? [one, two] : [two, one];
      await join(first, branch);
      await join(second, branch, '--secondary');
      const sends = { 'BACKUP_SERVERS/RequestBackup': '1', 'BACKUP_SERVERS/UpdateInterval': '1' };
      await changeSettings(branch.config, { ...sends, ...records });
    }
    await join(one, two, '--peer-hub', one.name);
    await join(two, one, '--peer-hub', two.name);
    for (const { config } of [one, two]) await changeSettings(config, { 'HUB/PeerMirror': '1' });
  } finally {
    for (const server of running) await server.stop();
  }
}

async function join(hub: PairSite, branch: PairSite, ...options: string[]): Promise<void> {
  const line = await on(hub, 'hub', 'invite', branch.name);
  await on(branch, 'join', line.trim(), ...options);
}

/** Run one `branchline …` on the machine of a site; it has to succeed. Returns its stdout. */
export async function on({ machine, config }: PairSite, ...words: string[]): Promise<string> {
  const run = await machine.run(branchline, ...words, '--config', config);
  if (run.status === 0) return run.stdout.toString();
  throw new Error(`branchline ${words.join(' ')}: exit ${run.status}: ${run.stderr}`);
}
