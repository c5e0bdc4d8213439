import { OutgoingTable, type UploadKind } from '#libs/journal';
import { OutgoingFiles, PushFiles, type Job, type OutgoingSource } from '#libs/sync';
import type { JoinedHub } from './branch-part.ts';
import type { Runtime } from './runtime.ts';
import type { BranchPlan, ServerPlan } from './server-plan.ts';

/** What goes up from here, as jobs of the sync: one for each kind that the settings ask for. */
export function pushJobs(
  plan: ServerPlan,
  branch: BranchPlan,
  hubs: readonly JoinedHub[],
  { journal, clock, log }: Runtime,
): Partial<Record<UploadKind, Job>> {
  const table = new OutgoingTable(journal);
  const upstreams = hubs.map(({ upstream: { peer, address, breaker }, client }) => ({
    ...{ peer, address, breaker },
    uploads: client.uploads,
  }));
  const job = (kind: UploadKind, sources: readonly OutgoingSource[]): Job => {
    const push = new PushFiles({
      upstreams,
      files: new OutgoingFiles({ kind, sources, table, clock }),
      table,
      clock,
      log: log.child({ service: 'push', kind }),
      eitherIsEnough: kind !== 'backup',
    });
    return (report, signal, how) => push.run(report, signal, how);
  };
  return branch.sends.backup ? { backup: job('backup', backupSources(plan)) } : {};
}

/** Each folder under its own name, so that equal names in two of them stay apart. */
const backupSources = ({ folders, uploads }: ServerPlan): OutgoingSource[] => [
  { prefix: 'FTPdata', folder: folders.trees.FTP },
  ...(uploads.backups ? [{ prefix: 'HTTPbackup', folder: uploads.backups.folder }] : []),
  { prefix: 'Backup', folder: folders.backup, flat: true },
];
