import { isErrorCode } from '#libs/errors';
import type { BranchRecord } from '#libs/journal';
import type { CheckIn } from '#libs/link';
import { adviceFor, type BranchStatus } from '#libs/pages';
import { BranchReports } from './branch-reports.ts';

/** A branch holds a request open at its hub all the time: silence longer than this means that it is away. */
const overdueMs = 5 * 60_000;
const dayMs = 86_400_000;

/** How a hub sees one of its branches now, in the words of the status. `release` is the hub's own. */
export function branchView(
  branch: BranchRecord,
  release: number,
  now: number,
  reports = new BranchReports(),
): BranchStatus {
  const report = reports.of(branch);
  const [problem] = report?.problems ?? [];
  return {
    name: branch.name,
    state: stateOf(branch, report, release, now),
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
    certificateDaysLeft:
      branch.certificateNotAfter === undefined
        ? null
        : Math.floor((branch.certificateNotAfter - now) / dayMs),
    clockSkewS: clockSkewS(report, branch.reportedAt),
    freeBytes: report?.freeBytes ?? null,
  };
}

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
