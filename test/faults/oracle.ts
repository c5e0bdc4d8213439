import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { digestOf, heldVersions } from '../support/held-versions.ts';
import { judgeDatabase } from '../support/judge-database.ts';
import { visibleFiles } from '../support/visible-files.ts';
import type { Imported } from './importing-application.ts';
import { ledgerRows, type LedgerRow } from './ledger-rows.ts';
import type { ClosedRecord } from './switch-records.ts';
import type { SavedName } from './telephone.ts';
import type { World } from './world.ts';

export interface Evidence {
  readonly records: readonly ClosedRecord[];
  readonly imported: readonly Imported[];
  /** Of each branch. */
  readonly saved: ReadonlyMap<string, readonly SavedName[]>;
}

/** What has gone wrong, one sentence each; none is what this is all about. Every server has been stopped. */
export async function judge(world: World, evidence: Evidence): Promise<string[]> {
  const ledger = ledgerRows(world.hub);
  return [
    ...judgeRecords(evidence),
    ...(await judgeBackups(world, evidence, ledger)),
    ...(await judgeLedger(world, ledger)),
    ...(await judgeLeftovers(world)),
    ...world.places.flatMap((place) => judgeDatabase(place)),
  ];
}

function judgeRecords({ records, imported }: Evidence): string[] {
  const faults: string[] = [];
  const times = new Map<string, number>();
  for (const { kind, sha256 } of imported) {
    const key = `${kind} ${sha256}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  for (const { branch, kind, name, sha256 } of records) {
    const key = `${kind} ${sha256}`;
    const count = times.get(key) ?? 0;
    times.delete(key);
    if (count !== 1)
      faults.push(`${kind} ${name} of ${branch} came to the collector ${count} times`);
  }
  for (const [key, count] of times)
    faults.push(`${count} times at the collector, of nobody: ${key}`);
  return faults;
}

async function judgeBackups(
  world: World,
  { saved }: Evidence,
  ledger: readonly LedgerRow[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const { site, plan } of world.branches) {
    for (const { name, attempts } of saved.get(site.name) ?? []) {
      const [folder = '', base = ''] = name.split('/');
      const root =
        folder === 'FTPdata' ? plan.folders.trees.FTP : (plan.uploads.backups?.folder ?? '');
      const current = await digestOf(path.join(root, base));
      const lastSafe = attempts.findLastIndex(({ acknowledged }) => acknowledged);
      const where = `${name} of ${site.name}`;
      if (lastSafe === -1 && current === undefined) continue;
      // One that was not acknowledged may have come through all the same.
      const allowed = attempts.slice(Math.max(0, lastSafe)).map(({ sha256 }) => sha256);
      if (current === undefined || !allowed.includes(current)) {
        faults.push(`${where}: what lies there is not the newest that was acknowledged`);
      }
      const { all: kept } = await heldVersions(root, base);
      for (const { sha256, acknowledged } of attempts) {
        if (acknowledged && sha256 !== current && !kept.has(sha256)) {
          faults.push(`${where}: an acknowledged version is gone`);
        }
      }
      const atHub = await digestOf(path.join(world.hub.plan.folders.backup, site.name, name));
      if (atHub !== current) faults.push(`${where}: the hub has other bytes, or none`);
      const rows = ledger.filter((row) => row.branch === site.name && row.name === name);
      if (!rows.some(({ sha256 }) => sha256 === current))
        faults.push(`${where}: no row in the ledger`);
    }
  }
  return faults;
}

async function judgeLedger({ hub }: World, ledger: readonly LedgerRow[]): Promise<string[]> {
  const faults: string[] = [];
  const { records } = hub.plan.folders;
  for (const kind of ['cdr', 'bcms'] as const) {
    const files = new Set(await visibleFiles(records[kind].received));
    for (const row of ledger.filter((each) => each.kind === kind)) {
      const file = `${row.branch}/${row.storedAs}`;
      files.delete(file);
      const digest = await digestOf(path.join(records[kind].received, file));
      if (digest !== row.sha256) faults.push(`${kind} ${file}: the file is not what its row says`);
      if (!row.delivered) faults.push(`${kind} ${file}: not delivered`);
    }
    for (const file of files) faults.push(`${kind} ${file}: a file without a row`);
  }
  return faults;
}

/** Nothing unfinished may be seen, and nothing unfinished may stay. */
async function judgeLeftovers({ places }: World): Promise<string[]> {
  const faults: string[] = [];
  for (const { site } of places) {
    const root = path.join(site.folder, 'data');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const file = path.relative(root, path.join(entry.parentPath, entry.name));
      const inside = file.includes('.branchline/');
      // The first bytes of a large backup that was replaced before it had gone up: swept after a week.
      const resumable = /\/uploads\/[^./][^/]*\.partial$/.test(file);
      const unfinished =
        /\.partial$|\.tmp$/.test(file) || /\/(?:incoming|uploads|delivering)\//.test(file);
      if (unfinished && !resumable) {
        faults.push(`${site.name}: ${file} ${inside ? 'was left' : 'is visible'}`);
      }
    }
  }
  return faults;
}
