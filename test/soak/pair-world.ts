import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadPlan } from '../../apps/server/compose.ts';
import type { ServerPlan } from '../../apps/server/server-plan.ts';
import { Victim } from '../faults/victim.ts';
import { Keepalived } from '../support/keepalived.ts';
import type { Machine } from '../support/network.ts';
import { joinAll, pairSite, type PairSite } from '../support/pair-site.ts';
import { runClient } from '../support/real-client.ts';

/** A server and the process that runs it. */
export interface Place {
  readonly site: PairSite;
  readonly plan: ServerPlan;
  readonly victim: Victim;
}

export interface PairPlace extends Place {
  readonly keepalived: Keepalived;
}

/** A pair of hubs, their branches, and telephones on a machine of their own; nothing runs yet. */
export interface PairWorld {
  /** The address that telephones know. */
  readonly shared: string;
  readonly pair: readonly [PairPlace, PairPlace];
  readonly branches: readonly Place[];
  readonly places: readonly Place[];
  /** Of the second of the pair, in MB: it can be filled. */
  readonly diskMB: number;
}

export const sharedAddress = '192.0.2.100';
/** A small file that is there from the beginning. */
export const probeName = 'probe.txt';
const diskMB = 1_500;

/** The machines are: the pair, the telephones (where this runs), the branches. */
export async function buildPairWorld(
  root: string,
  machines: readonly Machine[],
): Promise<PairWorld> {
  const [one, two, , ...others] = machines;
  if (one === undefined || two === undefined) throw new Error('a pair has two machines');
  await smallDisk(path.join(root, 'faro'));
  const ofPair = { 'HUB/ReconcileSeconds': '2' };
  const pair = [
    await pairSite(root, 'porto', one, ofPair),
    await pairSite(root, 'faro', two, ofPair),
  ] as const;
  for (const { folder } of pair) {
    await mkdir(path.join(folder, 'data', 'HTTPdata'));
    await writeFile(path.join(folder, 'data', 'HTTPdata', probeName), 'here\n');
  }
  const names = ['lisbon', 'braga', 'evora', 'sines', 'tavira'];
  const branches = await Promise.all(
    others.map((machine, at) =>
      pairSite(root, names[at] ?? `branch-${at}`, machine, {
        ...{ 'CDR/RunLink': '1', 'CDR/LinkPeers': '192.0.2.0/24', 'CDR/CutMinutes': '1' },
      }),
    ),
  );
  await joinAll(pair, branches);
  const place = async (site: PairSite, role: 'hub' | 'branch'): Promise<Place> => ({
    site,
    plan: await loadPlan(site.config),
    victim: new Victim({
      ...{ name: site.name, role, config: site.config, on: site.machine.on },
      ...{ logFile: path.join(root, `${site.name}.log`), env: () => ({}) },
      onLine: () => undefined,
    }),
  });
  const withKeepalived = async (site: PairSite, peer: PairSite): Promise<PairPlace> => {
    const { machine, config, folder } = site;
    const keepalived = await Keepalived.prepare({
      ...{ machine, peer: peer.machine, shared: sharedAddress, config, folder },
    });
    return { ...(await place(site, 'hub')), keepalived };
  };
  const [first, second] = pair;
  const both = [await withKeepalived(first, second), await withKeepalived(second, first)] as const;
  const ofBranches = await Promise.all(branches.map((site) => place(site, 'branch')));
  return {
    ...{ shared: sharedAddress, pair: both, branches: ofBranches, diskMB },
    places: [...both, ...ofBranches],
  };
}

/** Gone with the mount namespace that `ip netns exec` makes for this run. */
async function smallDisk(folder: string): Promise<void> {
  await mkdir(folder);
  const words = ['-t', 'tmpfs', '-o', `size=${diskMB}m`, 'branchline-soak', folder];
  const { status, stderr } = await runClient('mount', words);
  if (status !== 0) throw new Error(`mount: ${stderr}`);
}
