import type { BranchRecord, Invitation, ReleaseTime } from '#libs/journal';
import type { CheckIn, ToldProgress } from '#libs/link';
import type { FleetBranch } from '#libs/pages';

import { iso, type BranchViews } from './branch-view.ts';

/** What a look at the fleet needs besides the branches. */
export interface FleetLook {
  /** The hub's newest release. */
  readonly release: number;
  /** Oldest first. */
  readonly releases: readonly ReleaseTime[];
  readonly invitations: readonly Invitation[];
  readonly views: BranchViews;
  /** How far the pull of a branch is. */
  readonly progress: (branch: string) => ToldProgress | undefined;
  readonly now: number;
}

/** Every branch, and everybody who is invited and has not joined yet. */
export function fleetView(branches: readonly BranchRecord[], look: FleetLook): FleetBranch[] {
  // Of several invitations of one branch the last to end counts.
  const invited = new Map<string, number>();
  for (const { branch, expiresAt } of look.invitations) {
    invited.set(branch, Math.max(expiresAt, invited.get(branch) ?? 0));
  }
  const views = branches.map((branch) => {
    const view = memberView(branch, look, invited.get(branch.name));
    invited.delete(branch.name);
    return view;
  });
  return [...views, ...[...invited].map(([name, until]) => invitedView(name, until))];
}

function memberView(
  branch: BranchRecord,
  look: FleetLook,
  invitedUntil: number | undefined,
): FleetBranch {
  const { views, release, now, progress } = look;
  const report = views.reports.of(branch);
  const told = branch.revokedAt === undefined ? progress(branch.name) : undefined;
  const view = views.of(branch, release, now);
  return {
    ...view,
    // It told after its last check-in that it works on it.
    state: told !== undefined && view.state === 'in-sync' ? 'pending' : view.state,
    intervalS: report?.intervalS ?? null,
    joinedAt: iso(branch.joinedAt),
    invitedUntil: iso(invitedUntil),
    ...lag(branch, report, look),
    pull: told === undefined ? null : pullView(told),
    lacking: report?.lacking ?? null,
  };
}

function pullView({ file, bytesPerS, at, ...counts }: ToldProgress): FleetBranch['pull'] {
  const { files, filesDone, bytes, bytesOverall } = counts;
  return {
    file: file ?? null,
    files,
    filesDone,
    bytes,
    bytesOverall,
    bytesPerS: bytesPerS ?? null,
    at: new Date(at).toISOString(),
  };
}

function invitedView(name: string, until: number): FleetBranch {
  return {
    name,
    state: 'invited',
    lastSeenAt: null,
    intervalS: null,
    releaseVersion: null,
    lastError: null,
    version: null,
    certificateDaysLeft: null,
    clockSkewS: null,
    freeBytes: null,
    joinedAt: null,
    invitedUntil: iso(until),
    behind: null,
    behindSince: null,
    pull: null,
    lacking: null,
  };
}

function lag(
  branch: BranchRecord,
  report: CheckIn | undefined,
  { release, releases }: FleetLook,
): Pick<FleetBranch, 'behind' | 'behindSince'> {
  const takesNone = report?.state === 'in-sync' && report.release === undefined;
  if (branch.revokedAt !== undefined || takesNone) return { behind: null, behindSince: null };
  const whole =
    branch.wholeRelease ?? (report?.state === 'in-sync' ? report.release : undefined) ?? 0;
  if (whole >= release) return { behind: 0, behindSince: null };
  const missed = releases.find(({ version }) => version > whole);
  // Nobody is behind since before he came.
  const since = missed && Math.max(missed.signedAt, branch.joinedAt);
  return { behind: release - whole, behindSince: iso(since) };
}
