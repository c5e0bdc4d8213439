import type { AccessRuleStatus, BranchStatus, Status, UpdateFileStatus } from '#libs/pages';

/** The clock of all fake statuses. */
export const statusClock = '2026-11-21T16:12:00.000Z';

/** ISO time some minutes before the clock of the fake statuses. */
export const minutesAgo = (minutes: number): string =>
  new Date(Date.parse(statusClock) - minutes * 60_000).toISOString();

/** A server on which nothing has happened yet. */
export function quietStatus(change: Partial<Status> = {}): Status {
  return {
    server: {
      name: 'files.example',
      version: '1.4.0',
      node: '24.21.0',
      roles: ['phones'],
      startedAt: minutesAgo(60),
      uptimeS: 3_600,
      clock: statusClock,
    },
    listeners: [],
    phones: {
      protocols: (['tftp', 'http', 'https', 'ftp', 'ftps'] as const).map((protocol) => ({
        protocol,
        done: 0,
        failed: 0,
        refused: 0,
        bytes: 0,
        received: 0,
        active: 0,
      })),
      access: [],
      recent: [],
      known: { total: 0, today: 0, models: [] },
    },
    sync: null,
    hub: null,
    relay: null,
    mirror: null,
    archive: null,
    intakes: [],
    disks: [],
    certificates: [],
    warnings: [],
    recentErrors: [],
    ...change,
  };
}

export function fakeBranch(name: string, change: Partial<BranchStatus> = {}): BranchStatus {
  return {
    name,
    state: 'in-sync',
    lastSeenAt: minutesAgo(name.length * 3),
    intervalS: 3_600,
    releaseVersion: 42,
    lastError: null,
    version: '1.4.0',
    certificateDaysLeft: 61,
    clockSkewS: 0,
    freeBytes: 41_200_000_000,
    ...change,
  };
}

type Tallies = Status['phones']['protocols'][number];

const tallies = (
  protocol: Tallies['protocol'],
  done: number,
  failed: number,
  refused: number,
  bytes: number,
  received: number,
  active: number,
): Tallies => ({ protocol, done, failed, refused, bytes, received, active });

/** The access rule of one tree: open to everybody, where `change` says nothing else. */
export function fakeAccess(
  tree: AccessRuleStatus['tree'],
  change: Partial<AccessRuleStatus> = {},
): AccessRuleStatus {
  const none = { state: 'open' as const, list: null, lines: 0, faults: 0, firstFaults: [] };
  return { tree, ...none, why: null, ...change };
}

const phoneTraffic: Status['phones'] = {
  known: {
    total: 412,
    today: 397,
    models: [
      { model: 'J179', phones: 211 },
      { model: '9608D01A', phones: 174 },
      { model: '<b>J129</b>', phones: 12 },
    ],
  },
  protocols: [
    tallies('tftp', 18_204, 12, 3, 91_300_000_000, 0, 4),
    tallies('http', 52_931, 4, 118, 212_700_000_000, 3_410_000, 9),
    tallies('https', 9_117, 0, 27, 14_100_000_000, 120_000, 1),
    tallies('ftp', 0, 0, 0, 0, 0, 0),
    tallies('ftps', 0, 0, 0, 0, 0, 0),
  ],
  access: [
    fakeAccess('TFTP'),
    fakeAccess('HTTP', { state: 'list', list: 'HTTP_allow_IP.txt', lines: 42 }),
    fakeAccess('HTTPS', { state: 'list', list: 'allow_IP.txt', lines: 1 }),
  ],
  recent: [
    {
      at: minutesAgo(0.05),
      protocol: 'http',
      direction: 'upload',
      phone: '10.20.4.17',
      agent: 'AvayaIPPhone 9611',
      name: '2001_96xxdata.txt',
      insteadOf: null,
      outcome: 'done',
      bytes: 3_120,
      ms: 9,
      code: null,
    },
    {
      at: minutesAgo(0.1),
      protocol: 'http',
      direction: 'download',
      phone: '10.20.4.17',
      agent: 'Mozilla/4.0 (compatible; MSIE 6.0) AvayaIPPhone 9611',
      name: '46xxsettings.txt',
      insteadOf: null,
      outcome: 'done',
      bytes: 48_213,
      ms: 3,
      code: null,
    },
    {
      at: minutesAgo(0.4),
      protocol: 'tftp',
      direction: 'download',
      phone: '10.20.4.92',
      agent: '',
      name: 'S9608_11HALBR7_1_15_2U.bin',
      insteadOf: null,
      outcome: 'done',
      bytes: 38_114_304,
      ms: 6_210,
      code: null,
    },
    {
      at: minutesAgo(2),
      protocol: 'https',
      direction: 'download',
      phone: '10.20.7.3',
      agent: 'Avaya J179/4.1.2 <script>alert(1)</script>',
      name: '../../etc/passwd',
      insteadOf: null,
      outcome: 'refused',
      bytes: 0,
      ms: 1,
      code: 'PATH_OUTSIDE_TREE',
    },
    {
      at: minutesAgo(3.2),
      protocol: 'http',
      direction: 'download',
      phone: '10.20.4.18',
      agent: 'AvayaIPPhone 9608',
      name: 'S96x1_UKR_V29r87_V29r87.tar',
      insteadOf: null,
      outcome: 'failed',
      bytes: 12_582_912,
      ms: 30_014,
      code: 'INTERRUPTED',
    },
    {
      at: minutesAgo(4),
      protocol: 'http',
      direction: 'download',
      phone: '10.20.4.21',
      agent: 'AvayaIPPhone 9641',
      name: 'fxd_upgrade.scr',
      insteadOf: '96x1Supgrade.txt',
      outcome: 'done',
      bytes: 6_402,
      ms: 2,
      code: null,
    },
  ],
};

const phoneListeners: Status['listeners'] = [
  ['TFTP', 'tftp', 69],
  ['HTTP', 'http', 81],
  ['HTTP', 'http', 80],
  ['HTTPS', 'https', 411],
].map(([name, protocol, port]) => ({
  name: String(name),
  protocol: String(protocol),
  address: '0.0.0.0',
  port: Number(port),
  state: 'listening',
  detail: '',
}));

/** A hub on an ordinary bad day: twelve branches, four of them in trouble. */
export function hubStatus(): Status {
  return quietStatus({
    server: {
      name: 'hub.example',
      version: '1.4.0',
      node: '24.21.0',
      roles: ['phones', 'hub'],
      startedAt: minutesAgo(60 * 24 * 12 + 200),
      uptimeS: 60 * (60 * 24 * 12 + 200),
      clock: statusClock,
    },
    listeners: [
      ...phoneListeners,
      {
        name: 'Branches',
        protocol: 'hub',
        address: '0.0.0.0',
        port: 4411,
        state: 'listening',
        detail: '',
      },
      {
        name: 'Joining',
        protocol: 'join',
        address: '0.0.0.0',
        port: 4412,
        state: 'listening',
        detail: 'open while an invitation is',
      },
      {
        name: 'Status',
        protocol: 'status',
        address: '127.0.0.1',
        port: 6090,
        state: 'listening',
        detail: '',
      },
    ],
    phones: phoneTraffic,
    hub: {
      files: 41,
      bytes: 63_118_204,
      releaseVersion: 42,
      publishedAt: minutesAgo(152),
      timestampExpiresAt: minutesAgo(-60 * 22),
      invitationsOpen: 1,
      branchesTotal: 12,
      branches: [
        fakeBranch('amsterdam'),
        fakeBranch('bern'),
        fakeBranch('dublin', { clockSkewS: -1, freeBytes: 9_800_000_000 }),
        fakeBranch('ghent'),
        fakeBranch('helsinki', { state: 'pending', releaseVersion: 41, lastSeenAt: minutesAgo(1) }),
        fakeBranch('kraków', { version: '1.3.2', certificateDaysLeft: 88 }),
        fakeBranch('lisbon', {
          state: 'overdue',
          releaseVersion: 41,
          lastSeenAt: minutesAgo(130),
          freeBytes: 22_100_000_000,
        }),
        fakeBranch('malmö', { clockSkewS: 3 }),
        fakeBranch('napoli', {
          state: 'never-seen',
          lastSeenAt: null,
          intervalS: null,
          releaseVersion: null,
          version: null,
          certificateDaysLeft: 90,
          clockSkewS: null,
          freeBytes: null,
        }),
        fakeBranch('porto', {
          state: 'error',
          releaseVersion: 41,
          lastSeenAt: minutesAgo(8),
          freeBytes: 218_000_000,
          lastError: {
            code: 'DISK_FULL',
            sentence: 'no room for J100-4.1.2.zip in /srv/branchline: 412 MB needed, 218 MB free',
            advice: 'Make room on this disk. It goes on by itself once there is enough.',
            at: minutesAgo(8),
          },
        }),
        fakeBranch('split', { clockSkewS: -1_560, certificateDaysLeft: 58 }),
        fakeBranch('zagreb', {
          state: 'revoked',
          lastSeenAt: minutesAgo(60 * 24 * 19),
          certificateDaysLeft: 14,
        }),
      ],
    },
    disks: [
      {
        ...{ folder: '/srv/branchline', level: 'ok' },
        ...{ freeBytes: 182_000_000_000, totalBytes: 480_000_000_000 },
      },
      {
        ...{ folder: '/var/lib/branchline', level: 'ok' },
        ...{ freeBytes: 11_400_000_000, totalBytes: 32_000_000_000 },
      },
    ],
    certificates: [
      { name: 'branches', expiresAt: minutesAgo(-60 * 24 * 71) },
      { name: 'telephones', expiresAt: minutesAgo(-60 * 24 * 240) },
    ],
    recentErrors: [
      {
        code: 'CERTIFICATE_REVOKED',
        sentence: 'zagreb at 198.51.100.7 came with a revoked certificate and was refused',
        firstAt: minutesAgo(60 * 24 * 19),
        at: minutesAgo(14),
        times: 1_822,
      },
      {
        code: 'PATH_OUTSIDE_TREE',
        sentence: '10.20.7.3 asked for "../../etc/passwd", which is outside HTTPSdata',
        firstAt: minutesAgo(2),
        at: minutesAgo(2),
        times: 1,
      },
    ],
  });
}

const updateFile = (
  name: string,
  megabytes: number,
  state: UpdateFileStatus['state'],
  share = state === 'pending' ? 0 : 1,
): UpdateFileStatus => ({
  name,
  size: Math.round(megabytes * 1e6),
  sha256: Array.from(name, (letter) => (letter.codePointAt(0) ?? 0).toString(16))
    .join('')
    .padEnd(64, '0')
    .slice(0, 64),
  state,
  bytes: Math.round(megabytes * 1e6 * share),
  code: null,
  reason: null,
  at: state === 'published' ? minutesAgo(60 * 24 * 6) : null,
});

/** A branch in the middle of fetching a release, with one archive refused. */
export function branchStatus(): Status {
  return quietStatus({
    server: {
      name: 'lisbon',
      version: '1.4.0',
      node: '24.21.0',
      roles: ['phones', 'branch'],
      startedAt: minutesAgo(60 * 30),
      uptimeS: 108_000,
      clock: statusClock,
    },
    listeners: [
      ...phoneListeners,
      {
        name: 'HTTPS',
        protocol: 'https',
        address: '0.0.0.0',
        port: 443,
        state: 'failed',
        detail: 'port 443 is in use by another program',
      },
      {
        name: 'Status',
        protocol: 'status',
        address: '127.0.0.1',
        port: 6090,
        state: 'listening',
        detail: '',
      },
    ],
    phones: phoneTraffic,
    sync: {
      failures: 0,
      state: 'running',
      intervalS: 3_600,
      primary: {
        address: 'hub.example:4411',
        state: 'open-circuit',
        lastContactAt: minutesAgo(62),
        lastError: {
          code: 'PEER_UNREACHABLE',
          sentence: 'connection to hub.example:4411 timed out after 5 s',
          at: minutesAgo(2),
        },
      },
      secondary: {
        address: 'hub2.example:4411',
        state: 'up',
        lastContactAt: minutesAgo(0),
        lastError: null,
      },
      lastRun: null,
      lastSuccessAt: minutesAgo(62),
      nextRunAt: minutesAgo(-58),
      releaseVersion: 41,
      bytesPerS: 1_870_000,
      filesTotal: 9,
      files: [
        updateFile('96x1-IPT-SIP-R7_1_15_2.zip', 148.2, 'fetching', 0.62),
        updateFile('J100-IPT-SIP-R4_1_2.zip', 96.4, 'fetched'),
        updateFile('B189-IPT-H323-R6_8_5.zip', 44.9, 'pending', 0.2),
        updateFile('K1xx-SIP-R1_1_4.zip', 212.7, 'pending'),
        {
          ...updateFile('46xx_ru_<b>names</b>.zip', 3.1, 'refused'),
          code: 'ARCHIVE_NAME_UNSAFE',
          reason: 'entry 7 of 31, "../../cron.d/x", would leave the tree',
          at: minutesAgo(1),
        },
        updateFile('46xxsettings.txt', 0.048, 'published'),
        updateFile('46xxupgrade.scr', 0.006, 'published'),
        updateFile('96x1Supgrade.txt', 0.006, 'published'),
        updateFile('mlf_J1xx_german.xml', 0.21, 'published'),
      ],
    },
    disks: [
      {
        folder: '/srv/branchline',
        freeBytes: 2_900_000_000,
        totalBytes: 32_000_000_000,
        level: 'low',
      },
    ],
    certificates: [{ name: 'hub.example', expiresAt: minutesAgo(-60 * 24 * 41) }],
    warnings: [
      'HTTPS on port 411 accepts TLS 1.0 without encryption for old telephones (IPTel=1).',
    ],
    recentErrors: [
      {
        code: 'PEER_UNREACHABLE',
        sentence: 'connection to hub.example:4411 timed out after 5 s',
        firstAt: minutesAgo(62),
        at: minutesAgo(2),
        times: 4,
      },
    ],
  });
}
