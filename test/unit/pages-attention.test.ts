import { expect, it } from 'vitest';
import { attention, Times, type BranchStatus, type Notice, type Status } from '#libs/pages';
import {
  branchStatus,
  fakeBranch,
  hubStatus,
  minutesAgo,
  quietStatus,
  statusClock,
} from '../support/fake-status.ts';

const noticesOf = (status: Status): readonly Notice[] =>
  attention(status, new Times(statusClock, 'UTC'));

const hubWith = (branches: BranchStatus[]): Status => {
  const status = hubStatus();
  return { ...status, hub: status.hub && { ...status.hub, branches } };
};

it('has nothing to say when all is well', () => {
  expect(noticesOf(quietStatus())).toEqual([]);
  expect(
    noticesOf(hubWith([fakeBranch('bern'), fakeBranch('ghent', { state: 'pending' })])),
  ).toEqual([]);
});

it('says which branch is behind, since when, how often it should ask, and what to do', () => {
  const [notice] = noticesOf(
    hubWith([
      fakeBranch('lisbon', { state: 'overdue', lastSeenAt: minutesAgo(130), releaseVersion: 41 }),
    ]),
  );
  expect(notice).toMatchObject({ level: 'failed', code: 'PEER_UNREACHABLE' });
  expect(notice?.what).toMatch(/lisbon .* 14:02 \(2 h 10 min\).* every hour/);
  expect(notice?.advice).toMatch(/link to lisbon.*release 41/);
});

it.each<[string, Partial<BranchStatus>, RegExp]>([
  [
    'error',
    {
      state: 'error',
      lastError: { code: 'DISK_FULL', sentence: 'no room', advice: 'make some', at: null },
    },
    /bern.*no room/,
  ],
  ['never seen', { state: 'never-seen', lastSeenAt: null }, /bern.*never asked/],
  ['certificate', { certificateDaysLeft: 5 }, /certificate of bern expires in 5 days/],
  ['expired certificate', { certificateDaysLeft: -1 }, /certificate of bern has expired/],
  ['clock', { clockSkewS: -86_400 }, /clock of bern is 1 day slow/],
  ['disk', { freeBytes: 218_000_000 }, /bern has only 218 MB/],
  ['version', { version: '1.3.2' }, /1\.4\.0.*bern \(1\.3\.2\)/],
])('notices at a branch: %s', (_name, change, what) => {
  const notices = noticesOf(hubWith([fakeBranch('ghent'), fakeBranch('bern', change)]));
  expect(notices).toHaveLength(1);
  expect(notices[0]?.what).toMatch(what);
  expect(notices[0]?.advice).not.toBe('');
});

it('says nothing about a branch that was sent away', () => {
  expect(
    noticesOf(hubWith([fakeBranch('zagreb', { state: 'revoked', certificateDaysLeft: -3 })])),
  ).toEqual([]);
});

it('says the same trouble of many branches once', () => {
  const branches = Array.from({ length: 1_000 }, (_, n) =>
    fakeBranch(`shop-${String(n)}`, { state: 'overdue' }),
  );
  const notices = noticesOf(hubWith(branches));
  expect(notices).toHaveLength(1);
  expect(notices[0]?.what).toMatch(/^1,000 branches .*shop-0, .* and 990 more\.$/);
});

it('warns at a hub whose release is no longer fresh', () => {
  const status = hubWith([]);
  const stale = {
    ...status,
    hub: status.hub && { ...status.hub, timestampExpiresAt: minutesAgo(1) },
  };
  expect(noticesOf(stale)).toMatchObject([{ level: 'failed', code: 'RELEASE_FROZEN' }]);
});

it('puts failures before warnings', () => {
  const levels = noticesOf(branchStatus()).map(({ level }) => level);
  expect(levels).toContain('failed');
  expect(levels).toContain('warning');
  expect(levels).toEqual(levels.toSorted());
});

const syncing = (change: Partial<NonNullable<Status['sync']>>): Status => {
  const { sync } = branchStatus();
  if (sync === null) throw new Error('no branch');
  const quiet = {
    ...sync,
    state: 'idle' as const,
    files: [],
    primary: sync.secondary ?? sync.primary,
  };
  return quietStatus({ sync: { ...quiet, ...change } });
};

it.each([
  ['waiting-for-space', 'DISK_FULL'],
  ['frozen', 'RELEASE_FROZEN'],
  ['not-joined', 'NOT_JOINED'],
] as const)('says what to do when the sync is %s', (state, code) => {
  expect(noticesOf(syncing({ state }))).toMatchObject([{ level: 'failed', code }]);
});

it('warns when one hub is away, and calls it a failure when none is left', () => {
  const down = {
    address: 'hub:4411',
    state: 'down',
    lastContactAt: null,
    lastError: null,
  } as const;
  expect(noticesOf(syncing({ primary: down }))).toMatchObject([{ level: 'warning' }]);
  expect(noticesOf(syncing({ primary: down, secondary: down }))).toMatchObject([
    { level: 'failed' },
    { level: 'failed' },
  ]);
  expect(noticesOf(syncing({ primary: down, secondary: null }))).toMatchObject([
    { level: 'failed' },
  ]);
});

it('gives the reason of a failed run, but not twice', () => {
  const lastRun = {
    id: '1',
    what: 'all',
    state: 'failed',
    startedAt: minutesAgo(3),
    endedAt: minutesAgo(2),
    code: 'PEER_UNREACHABLE',
    message: 'no answer',
  } as const;
  expect(noticesOf(syncing({ state: 'failed', lastRun }))).toMatchObject([
    { code: 'PEER_UNREACHABLE', what: expect.stringContaining('no answer') as string },
  ]);
  const primary = {
    address: 'hub:4411',
    state: 'down',
    lastContactAt: null,
    lastError: { code: 'PEER_UNREACHABLE', sentence: 'no answer', at: null },
  } as const;
  expect(noticesOf(syncing({ state: 'failed', lastRun, primary, secondary: null }))).toHaveLength(
    1,
  );
});

it.each([
  ['low', 'warning', 'DISK_LOW'],
  ['alarm', 'failed', 'DISK_ALARM'],
] as const)('looks after the disk: what is %s is a %s, once', (level, notice, code) => {
  const disk = { freeBytes: 2_000_000_000, totalBytes: 30_000_000_000, level };
  const disks = [
    { folder: '/srv', ...disk },
    { folder: '/var', ...disk },
  ];
  expect(noticesOf(quietStatus({ disks }))).toMatchObject([{ level: notice, code }]);
});

it.each([
  [-60, 'warning'],
  [60, 'failed'],
] as const)('looks after its own certificates: expiry %i minutes ago is a %s', (minutes, level) => {
  const certificates = [{ name: 'branches', expiresAt: minutesAgo(minutes) }];
  expect(noticesOf(quietStatus({ certificates }))).toMatchObject([{ level }]);
});

it('passes on what the settings make worth a warning', () => {
  expect(noticesOf(quietStatus({ warnings: ['TLS 1.0 is open'] }))).toEqual([
    { level: 'warning', what: 'TLS 1.0 is open', advice: '' },
  ]);
});

it('says why the archive did not reach the customer’s server', () => {
  const customFtp = {
    ...{ server: 'ftp.example.com:21', name: null, sentAt: null },
    lastError: { code: 'CUSTOM_FTP_REFUSED', sentence: '530 Login incorrect', at: minutesAgo(5) },
  };
  const archive = { name: null, madeAt: null, files: 0, bytes: 0, lastError: null, customFtp };
  const [notice, ...more] = noticesOf(quietStatus({ archive }));
  expect(notice).toMatchObject({ level: 'failed', code: 'CUSTOM_FTP_REFUSED' });
  expect(notice?.what).toContain('530 Login incorrect');
  expect(notice?.advice).toContain('CustomFTPPwd');
  expect(more).toEqual([]);
});
