import type { AlarmSeverity } from '#libs/journal';
import {
  backupFindings,
  branchFindings,
  certificateFindings,
  diskFindings,
  fileFindings,
  gapFindings,
  mirrorFindings,
  overdueFindings,
  silenceFindings,
  syncFindings,
  type TroubleName,
  type Finding,
} from '#libs/pages';
import type { Facts } from './facts.ts';
import { receiverFindings, scanFindings, watchdogFindings } from './own-findings.ts';

/** One kind of alarm: when it is raised, when it is over, and for how long it must have been so. */
export interface Condition {
  readonly title: string;
  readonly severity: AlarmSeverity;
  /** For people: completes "raised when …" and "over when …". */
  readonly raised: string;
  readonly over: string;
  /** Seconds that it must last before it is raised, and be gone before it is over. */
  readonly raiseS: number;
  readonly clearS: number;
  /** Undefined: not known at this moment, and then nothing changes. */
  readonly look: (facts: Facts) => readonly Finding[] | undefined;
}

const atBranches =
  (trouble: TroubleName): ((facts: Facts) => readonly Finding[]) =>
  ({ status: { hub }, times }) =>
    hub === null ? [] : branchFindings(trouble, hub, times);

const minute = 60;

/** Seconds that branches have after the start of a hub to come back. */
const returnS = 10 * minute;

/** A hub that was away itself calls nobody overdue at once. */
const overdueBranches = (facts: Facts): readonly Finding[] => {
  const young = facts.status.server.uptimeS < returnS;
  return atBranches('overdue')(facts).map((finding) => ({
    ...finding,
    ...(young && { near: true }),
  }));
};

/** Everything that raises an alarm. `docs/reference/alarms.md` is made from this table. */
export const conditions = {
  'sync-failed': {
    title: 'Sync failed',
    severity: 'critical',
    raised: 'as many runs as `SyncFailures` says have failed one after the other',
    over: 'a run has succeeded',
    ...{ raiseS: 0, clearS: 0 },
    look: ({ status: { sync }, times, limits }) =>
      sync === null ? [] : syncFindings(sync, times, limits.syncFailures),
  },
  'branch-failed': {
    title: 'Branch cannot take the release',
    severity: 'critical',
    raised: 'a branch tells this hub that its sync fails or waits for space',
    over: 'it tells no more of it',
    ...{ raiseS: 5 * minute, clearS: 2 * minute },
    look: atBranches('error'),
  },
  'branch-overdue': {
    title: 'Branch overdue',
    severity: 'critical',
    raised: 'a branch has not asked this hub for more than five minutes',
    over: 'it asks again',
    ...{ raiseS: minute, clearS: 2 * minute },
    look: overdueBranches,
  },
  'certificate-ending': {
    title: 'Certificate near its end',
    severity: 'critical',
    raised: 'a certificate of this server or of a branch is valid for 7 days or less',
    over: 'it is valid for more than 8 days',
    ...{ raiseS: 0, clearS: 0 },
    look: (facts) => [
      ...certificateFindings(facts.status, facts.times),
      ...atBranches('certificate')(facts),
    ],
  },
  'disk-low': {
    title: 'Disk low',
    severity: 'warning',
    raised: 'a disk is filled to `DiskLowPercent` (80)',
    over: 'it is 2 points below',
    ...{ raiseS: 30, clearS: minute },
    look: ({ status }) => diskFindings(status),
  },
  'disk-alarm': {
    title: 'Disk nearly full',
    severity: 'critical',
    raised: 'a disk is filled to `DiskAlarmPercent` (90)',
    over: 'it is 2 points below',
    ...{ raiseS: 0, clearS: minute },
    look: ({ status }) => diskFindings(status).filter(({ level }) => level === 'failed'),
  },
  'branch-disk-low': {
    title: 'Disk of a branch low',
    severity: 'warning',
    raised: 'a branch reports less than 1 GB of free space',
    over: 'it reports 1.5 GB or more',
    ...{ raiseS: minute, clearS: minute },
    look: atBranches('disk'),
  },
  'record-gap': {
    title: 'Gap in call records',
    severity: 'warning',
    raised:
      'a branch has sent no call records for `RecordGapHours`, or none have come over the network for `SilenceMinutes`',
    over: 'some come again',
    ...{ raiseS: minute, clearS: minute },
    look: ({ status: { relay, intakes }, times }) => [
      ...(relay === null ? [] : gapFindings(relay)),
      ...silenceFindings(intakes, times),
    ],
  },
  'records-overdue': {
    title: 'Call records not passed on',
    severity: 'critical',
    raised: 'call records have waited for a hub for longer than `RetainDays`',
    over: 'a hub has acknowledged them',
    ...{ raiseS: minute, clearS: 0 },
    look: ({ status: { relay }, times }) => (relay === null ? [] : overdueFindings(relay, times)),
  },
  'mirror-behind': {
    title: 'Pair not in step',
    severity: 'warning',
    raised:
      'the other server of a pair (`PeerMirror`) cannot be asked, or files of it are not here',
    over: 'it answers and all of it is here',
    ...{ raiseS: 5 * minute, clearS: 2 * minute },
    look: ({ status: { mirror }, times }) => (mirror === null ? [] : mirrorFindings(mirror, times)),
  },
  'archive-refused': {
    title: 'Archive refused',
    severity: 'warning',
    raised: 'an archive in `Updates` was refused, and nothing of it published',
    over: 'it is gone or replaced',
    ...{ raiseS: 0, clearS: 30 },
    look: ({ status: { sync } }) => (sync === null ? [] : fileFindings(sync, ['refused'])),
  },
  'clock-skew': {
    title: 'Clock of a branch wrong',
    severity: 'warning',
    raised: "a branch's clock differs by 5 minutes or more from this hub's",
    over: 'it differs by less than 4',
    ...{ raiseS: 2 * minute, clearS: 2 * minute },
    look: atBranches('clock'),
  },
  'watchdog-fired': {
    title: 'Watchdog fired',
    severity: 'critical',
    raised: 'the watchdog had to act',
    over: 'it has not had to for a day',
    ...{ raiseS: 0, clearS: 0 },
    look: ({ watchdog, times }) => watchdogFindings(watchdog, times),
  },
  'backup-old': {
    title: 'Backup old',
    severity: 'warning',
    raised:
      'the archive, its copy on the FTP server of the customer, or a backup for the hub fails and is older than `BackupHours`',
    over: 'a new one has arrived',
    ...{ raiseS: minute, clearS: 0 },
    look: ({ status, times, limits }) => backupFindings(status, times, limits.backupHours),
  },
  'scan-regression': {
    title: 'Scan worse than before',
    severity: 'warning',
    raised:
      'a scan finds more telephones behind, or failed in their last load, than the one before',
    over: 'a scan finds fewer and none more, or none at all',
    ...{ raiseS: 0, clearS: 0 },
    look: ({ scan }) => scanFindings(scan),
  },
  'receiver-failing': {
    title: 'Receiver of alarms away',
    severity: 'warning',
    raised: 'a receiver has taken no message for 15 minutes, or messages for it were dropped',
    over: 'it takes them again',
    ...{ raiseS: 0, clearS: 0 },
    look: ({ receivers, times }) => receiverFindings(receivers, times),
  },
} as const satisfies Record<string, Condition>;

export type ConditionName = keyof typeof conditions;

export const conditionNames = Object.keys(conditions).filter(isConditionName);

export function isConditionName(name: string): name is ConditionName {
  return Object.hasOwn(conditions, name);
}
