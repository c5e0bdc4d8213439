import { bytes } from '#libs/pages';
import { DiskWatch } from '#libs/sync';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

const everyMs = 10_000;

/** Every disk that this server writes to. */
export function diskWatch(plan: ServerPlan, { log, refused }: Runtime): DiskWatch {
  const { state, updates, backup, records, trees } = plan.folders;
  const recordFolders = [
    ...(plan.branch?.sends.cdr === true ? [records.cdr.collected] : []),
    ...(plan.branch?.sends.bcms === true ? [records.bcms.collected] : []),
    ...(plan.hub?.takes ?? []).flatMap((kind) => [records[kind].received, records[kind].inbox]),
  ];
  const folders = [
    ...[updates, state, ...Object.values(trees), backup, ...recordFolders],
    ...(plan.uploads.backups === undefined ? [] : [plan.uploads.backups.folder]),
  ];
  return new DiskWatch({
    folders: [...new Set(folders)],
    ...plan.disks,
    reserveBytes: plan.publishing.reserveBytes,
    everyMs,
    log: log.child({ service: 'disks' }),
    onLow: ({ folder, freeBytes, totalBytes, level }, usedPercent) => {
      refused(
        level === 'alarm' ? 'DISK_ALARM' : 'DISK_LOW',
        `the disk of ${folder} is ${Math.floor(usedPercent)} % full: ${bytes(freeBytes)} of ${bytes(totalBytes)} are free`,
      );
    },
  });
}
