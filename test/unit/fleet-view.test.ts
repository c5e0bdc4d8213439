import { expect, it } from 'vitest';
import type { BranchRecord } from '#libs/journal';
import { BranchReports } from '../../apps/server/branch-reports.ts';
import { BranchViews } from '../../apps/server/branch-view.ts';
import { fleetView, type FleetLook } from '../../apps/server/fleet-view.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

function branch(report: object | undefined, change: Partial<BranchRecord> = {}): BranchRecord {
  const said = { protocol: 1, version: '0.1.0', release: 7, state: 'in-sync', problems: [] };
  return {
    name: 'lisbon',
    joinedAt: 1_000,
    revokedAt: undefined,
    lastSeen: now,
    lastReport: report && JSON.stringify({ ...said, sentAt: now, ...report }),
    reportedAt: now,
    certificateNotAfter: now,
    wholeRelease: undefined,
    ...change,
  };
}

const look = (change: Partial<FleetLook> = {}): FleetLook => ({
  release: 9,
  releases: [7, 8, 9].map((version) => ({ version, signedAt: version * 1_000 })),
  invitations: [],
  views: new BranchViews(),
  progress: () => undefined,
  now,
  ...change,
});

const one = (record: BranchRecord, change?: Partial<FleetLook>) =>
  fleetView([record], look(change))[0];
const at = (ms: number): string => new Date(ms).toISOString();

it.each([
  ['has the newest', branch({ release: 9 }, { wholeRelease: 9 }), 0, null],
  ['lacks two', branch({}, { wholeRelease: 7 }), 2, at(8_000)],
  [
    'has failed on the newest',
    branch({ release: 9, state: 'error' }, { wholeRelease: 8 }),
    1,
    at(9_000),
  ],
  ['was here before this was written down', branch({}), 2, at(8_000)],
  ['never had one', branch({ release: 9, state: 'error' }), 9, at(7_000)],
  ['came later than the release', branch(undefined, { joinedAt: 8_500 }), 9, at(8_500)],
  ['takes none', branch({ release: undefined }), null, null],
  ['was revoked', branch({}, { revokedAt: 5 }), null, null],
  ['knows more than this hub', branch({ release: 12 }, { wholeRelease: 12 }), 0, null],
])('says how far behind one is that %s', (_, record, behind, behindSince) => {
  expect(one(record)).toMatchObject({ behind, behindSince });
});

it('shows a pull that is going on, and its branch as pending', () => {
  const told = {
    protocol: 1,
    file: 'fw.zip',
    files: 2,
    filesDone: 1,
    bytes: 5,
    bytesOverall: 9,
  } as const;
  const view = one(branch({ release: 9 }), { progress: () => ({ ...told, at: now }) });
  expect(view).toMatchObject({
    state: 'pending',
    pull: { file: 'fw.zip', bytes: 5, bytesPerS: null, at: at(now) },
  });
  const silent = one(branch({ release: 9 }, { lastSeen: now - 400_000 }), {
    progress: () => ({ ...told, at: now }),
  });
  expect(silent?.state).toBe('overdue');
});

it('lists who is invited and has not come, once, and who is invited again', () => {
  const invite = (name: string, expiresAt: number) => ({
    ...{ tokenHash: `${name}${expiresAt}`, branch: name, createdAt: 0, expiresAt },
    usedAt: undefined,
  });
  const invitations = [
    invite('porto', now + 1),
    invite('porto', now + 2),
    invite('lisbon', now + 3),
  ];
  expect(fleetView([branch({}, { revokedAt: 9 })], look({ invitations }))).toMatchObject([
    { name: 'lisbon', state: 'revoked', invitedUntil: at(now + 3) },
    { name: 'porto', state: 'invited', invitedUntil: at(now + 2), joinedAt: null },
  ]);
});

it('passes on what is lacking and how often the branch pulls, of those that tell it', () => {
  const lacking = { files: 30, names: ['fw.zip'] };
  expect(one(branch({ lacking, intervalS: 60 }))).toMatchObject({ lacking, intervalS: 60 });
  expect(one(branch({}))).toMatchObject({ lacking: null, intervalS: null });
});

it('reads a report once, and again when there is another', () => {
  const reports = new BranchReports();
  const first = branch({ release: 7 });
  expect(reports.of(first)).toBe(reports.of({ ...first, lastSeen: 1 }));
  expect(reports.of(branch({ release: 8 }))).toMatchObject({ release: 8 });
  expect(reports.of(branch({ problems: 'none' }))).toBeUndefined();
});
