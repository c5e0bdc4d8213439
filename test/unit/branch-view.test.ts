import { expect, it } from 'vitest';
import type { BranchRecord } from '#libs/journal';
import { branchView, BranchViews } from '../../apps/server/branch-view.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

function branchThatSaid(report: object, reportedAt: number | undefined = now): BranchRecord {
  return {
    name: 'lisbon',
    joinedAt: 1,
    revokedAt: undefined,
    lastSeen: now,
    lastReport: JSON.stringify({
      protocol: 1,
      version: '0.1.0',
      release: 7,
      state: 'in-sync',
      problems: [],
      sentAt: now,
      ...report,
    }),
    reportedAt,
    certificateNotAfter: now + 10 * 86_400_000,
    wholeRelease: undefined,
  };
}

it.each([
  ['a day ahead', now + 86_400_000, 86_400],
  ['an hour behind', now - 3_600_000, -3_600],
  ['right', now - 400, 0],
])('tells of a branch whose clock is %s', (_, sentAt, skew) => {
  // Polls move the time it was last seen, and must not look like a clock that falls behind.
  expect(branchView(branchThatSaid({ sentAt }), 7, now + 240_000).clockSkewS).toBe(skew);
});

it('tells no skew of a branch that has not reported, or whose report is of another shape', () => {
  const { lastReport, ...silent } = branchThatSaid({});
  expect(lastReport).toBeDefined();
  expect(branchView({ ...silent, lastReport: undefined }, 7, now).clockSkewS).toBeNull();
  expect(branchView(branchThatSaid({ sentAt: 'noon' }), 7, now).clockSkewS).toBeNull();
  const { reportedAt, ...old } = branchThatSaid({});
  expect(reportedAt).toBe(now);
  expect(branchView({ ...old, reportedAt: undefined }, 7, now).clockSkewS).toBeNull();
});

it('is pending until the branch has published the release of this hub', () => {
  expect(branchView(branchThatSaid({}), 7, now).state).toBe('in-sync');
  expect(branchView(branchThatSaid({}), 8, now).state).toBe('pending');
  expect(branchView(branchThatSaid({ state: 'waiting-for-space' }), 7, now).state).toBe('error');
  expect(branchView(branchThatSaid({}), 7, now + 301_000).state).toBe('overdue');
});

it('is the same view until the branch, its state or the days of its certificate have changed', () => {
  const views = new BranchViews();
  const branch = branchThatSaid({});
  const first = views.of(branch, 7, now);
  expect(views.of(branch, 7, now - 1_000)).toBe(first);
  expect(views.of(branch, 8, now).state).toBe('pending');
  expect(views.of(branch, 7, now + 301_000).state).toBe('overdue');
  expect(views.of({ ...branch, lastSeen: now + 5 }, 7, now)).not.toBe(first);
  const later = views.of({ ...branch, lastSeen: now + 86_400_000 }, 7, now + 86_400_000);
  expect(later.certificateDaysLeft).toBe(9);
});
