import { BranchlineError } from '#libs/errors';
import type { BranchBackups } from '#libs/sync';
import { withBranchBackups } from '../server/backup-shelves.ts';
import { loadPlan } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { auditCli } from './audited.ts';
import { printRows } from './print-rows.ts';

interface At {
  readonly config: string;
  /** `*` for all. */
  readonly branch: string;
  readonly json?: boolean | undefined;
}

/** `branchline backups list --branch …` at a hub. */
export async function listOfBranches(
  { config, branch, json }: At,
  limit: number,
  after: string | undefined,
): Promise<void> {
  const rows = await atHub(config, (backups) => backups.list(oneOf(branch), limit, after));
  const shown = rows.map(({ savedAt, ...row }) => ({ ...row, savedAt: timeOf(savedAt) }));
  printRows(json, shown, ['name', 'newest of', 'bytes', 'saved', 'branches'], (row) => [
    row.name,
    row.branch,
    `${row.size}`,
    row.savedAt,
    `${row.branches}`,
  ]);
}

/** `branchline backups show NAME --branch …` at a hub. */
export async function showOfBranches({ config, branch, json }: At, name: string): Promise<void> {
  const copies = await atHub(config, (backups) => backups.copies(name, oneOf(branch)));
  const rows = copies.map(({ savedAt, ...copy }) => ({ ...copy, savedAt: timeOf(savedAt) }));
  printRows(json, rows, ['branch', 'version', 'bytes', 'saved', 'sha256'], (row) => [
    row.branch,
    row.version,
    `${row.size}`,
    row.savedAt,
    row.sha256,
  ]);
}

/** `branchline backups restore NAME VERSION --branch …` at a hub. */
export async function restoreOfBranch(
  { config, branch, json }: At,
  name: string,
  version: string,
): Promise<void> {
  if (branch === '*') {
    throw new BranchlineError('USAGE', 'say whose version it is: --branch as `show` names it');
  }
  const { size, sha256 } = await atHub(config, async (backups, plan) => {
    const restored = await backups.restore(branch, name, version);
    await auditCli(plan, [{ act: 'restored', kind: 'backup', branch, name, ...restored }]);
    return restored;
  });
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ branch, name, version, size, sha256 })}\n`
      : `${name} of ${branch} is what it was in ${version}: ${size} bytes\n`,
  );
}

async function atHub<T>(
  config: string,
  work: (backups: BranchBackups, plan: ServerPlan) => Promise<T>,
): Promise<T> {
  const plan = await loadPlan(config);
  if (plan.hub === undefined) {
    throw new BranchlineError('SETTINGS_INVALID', `no branches here: in ${config} FileServer is 0`);
  }
  return await withBranchBackups(plan, (backups) => work(backups, plan));
}

const oneOf = (branch: string): string | undefined => (branch === '*' ? undefined : branch);

const timeOf = (at: number): string => new Date(at).toISOString();
