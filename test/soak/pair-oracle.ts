import path from 'node:path';
import type { ServerPlan } from '../../apps/server/server-plan.ts';
import { digestOf, heldVersions, type HeldVersions } from '../support/held-versions.ts';
import { judgeDatabase } from '../support/judge-database.ts';
import { visibleFiles } from '../support/visible-files.ts';
import { lateArrivals, type TimedName } from './handset.ts';
import type { PairWorld, Place } from './pair-world.ts';

export interface PairEvidence {
  /** Saved at the shared address, or at both of the pair. */
  readonly atPair: readonly TimedName[];
  readonly atBranches: ReadonlyMap<Place, readonly TimedName[]>;
}

/** What has gone wrong, one sentence each. Every server has been stopped. */
export async function judgePair(world: PairWorld, evidence: PairEvidence): Promise<string[]> {
  const faults = [...(await judgeTrees(world)), ...world.places.flatMap(judgeDatabase)];
  for (const name of evidence.atPair) faults.push(...(await judgeAtPair(world, name)));
  for (const [branch, names] of evidence.atBranches)
    for (const name of names) faults.push(...(await judgeAtBranch(world, branch, name)));
  return faults;
}

/** What telephones see is the same at both. */
async function judgeTrees({ pair }: PairWorld): Promise<string[]> {
  const faults: string[] = [];
  for (const tree of ['TFTP', 'HTTP', 'HTTPS', 'FTP'] as const) {
    const [one, two] = await Promise.all(
      pair.map(({ plan }) => digestsIn(plan.folders.trees[tree])),
    );
    for (const name of new Set([...(one?.keys() ?? []), ...(two?.keys() ?? [])])) {
      // Each packs an archive of its own.
      if (name.startsWith('Archive/')) continue;
      if (one?.get(name) !== two?.get(name))
        faults.push(`${tree}data/${name} is not the same at both of the pair`);
    }
  }
  return faults;
}

/** The newest is the same at both, and every version that was acknowledged is at one of them. */
async function judgeAtPair({ pair }: PairWorld, entry: TimedName): Promise<string[]> {
  const held = await Promise.all(pair.map(({ plan }) => heldBy(plan, entry.name)));
  const [one, two] = held;
  if (one === undefined || two === undefined) return [];
  const faults = judgeVersions(entry, one.current, new Set(held.flatMap((each) => [...each.all])));
  if (one.current !== two.current) faults.push(`${entry.name} is not the same at both of the pair`);
  return faults;
}

async function judgeAtBranch(
  { pair }: PairWorld,
  { site, plan }: Place,
  entry: TimedName,
): Promise<string[]> {
  const { current, all } = await heldBy(plan, entry.name);
  const faults = judgeVersions(entry, current, all);
  for (const hub of pair) {
    const file = path.join(hub.plan.folders.backup, site.name, entry.name);
    if ((await digestOf(file)) !== current)
      faults.push(`${entry.name} of ${site.name}: ${hub.site.name} has other bytes, or none`);
  }
  return faults.map((fault) => `${site.name}: ${fault}`);
}

function judgeVersions(
  { name, attempts }: TimedName,
  current: string | undefined,
  all: ReadonlySet<string>,
): string[] {
  const lastSafe = attempts.findLastIndex(({ acknowledged }) => acknowledged);
  if (lastSafe === -1) return [];
  const allowed = lateArrivals(attempts, lastSafe);
  const faults: string[] = [];
  if (!allowed.some(({ sha256 }) => sha256 === current))
    faults.push(`${name}: what lies there is not the newest that was acknowledged`);
  for (const [n, { acknowledged, sha256 }] of attempts.entries()) {
    if (acknowledged && !all.has(sha256))
      faults.push(`${name}: acknowledged version ${n + 1} of ${attempts.length} is gone`);
  }
  return faults;
}

async function heldBy(plan: ServerPlan, name: string): Promise<HeldVersions> {
  const [folder = '', base = ''] = name.split('/');
  const backups = plan.uploads.backups?.folder ?? '';
  return await heldVersions(folder === 'FTPdata' ? plan.folders.trees.FTP : backups, base);
}

/** Every file that can be seen. */
async function digestsIn(root: string): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  for (const name of await visibleFiles(root))
    found.set(name, await digestOf(path.join(root, name)));
  return found;
}
