import { isErrorCode } from '#libs/errors';
import type { BranchRecord } from '#libs/journal';
import type { CheckIn } from '#libs/link';
import { adviceFor, type BranchStatus } from '#libs/pages';
import { BranchReports } from './branch-reports.ts';
import { scanShown } from './scan-told.ts';

/** A branch holds a request open at its hub all the time: silence longer than this means that it is away. */
const overdueMs = 5 * 60_000;
const dayMs = 86_400_000;

/**
 * How a hub sees its branches now, in the words of the status. What has not changed is the same object as last time, so that a look at 2,000 of them
 * costs less than a millisecond.
 */
export class BranchViews {
  readonly reports = new BranchReports();
  readonly #kept = new WeakMap<BranchRecord, BranchStatus>();

  /** `release` is the hub's own. */
  of(branch: BranchRecord, release: number, now: number): BranchStatus {
    const report = this.reports.of(branch);
    const state = stateOf(branch, report, release, now);
    const days = daysLeft(branch, now);
    const kept = this.#kept.get(branch);
    if (kept?.state === state && kept.certificateDaysLeft === days) return kept;
    const view = viewOf(branch, report, state, days);
    this.#kept.set(branch, view);
    return view;
  }
}

/** One alone. */
export const branchView = (branch: BranchRecord, release: number, now: number): BranchStatus =>
  new BranchViews().of(branch, release, now);

function viewOf(
  branch: BranchRecord,
  report: CheckIn | undefined,
  state: BranchStatus['state'],
  certificateDaysLeft: number | null,
): BranchStatus {
  const [problem] = report?.problems ?? [];
  return {
    name: branch.name,
    state,
    lastSeenAt: iso(branch.lastSeen),
    intervalS: null,
    releaseVersion: report?.release ?? null,
    lastError:
      problem === undefined
        ? null
        : {
            code: problem.code,
            sentence:
              problem.name === undefined ? problem.message : `${problem.name}: ${problem.message}`,
            advice: isErrorCode(problem.code) ? adviceFor(problem.code) : '',
            at: report === undefined ? null : iso(report.sentAt),
          },
    version: report?.version ?? null,
    certificateDaysLeft,
    clockSkewS: clockSkewS(report, branch.reportedAt),
    freeBytes: report?.freeBytes ?? null,
    ...(report?.scan !== undefined && { scan: scanShown(report.scan) }),
  };
}

const daysLeft = ({ certificateNotAfter: end }: BranchRecord, now: number): number | null =>
  end === undefined ? null : Math.floor((end - now) / dayMs);

/** Branch clock minus hub clock when the report came; the way between them counts as the hub's. */
function clockSkewS(report: CheckIn | undefined, reportedAt: number | undefined): number | null {
  if (report === undefined || reportedAt === undefined) return null;
  // Not -0: what is on the way for less than half a second is no skew.
  return Math.round((report.sentAt - reportedAt) / 1_000) || 0;
}

function stateOf(
  branch: BranchRecord,
  report: CheckIn | undefined,
  release: number,
  now: number,
): BranchStatus['state'] {
  if (branch.revokedAt !== undefined) return 'revoked';
  if (branch.lastSeen === undefined || report === undefined) return 'never-seen';
  if (now - branch.lastSeen > overdueMs) return 'overdue';
  if (report.state === 'error' || report.state === 'waiting-for-space') return 'error';
  // Who takes no updates names no release, and is in sync with what it sends.
  const { release: there = release } = report;
  return report.state === 'in-sync' && there === release ? 'in-sync' : 'pending';
}

export const iso = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
