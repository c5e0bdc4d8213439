import { expect, it } from 'vitest';
import { conditionNames, conditions, type Facts } from '#libs/alarms';
import type { BranchStatus, HubStatus, Status } from '#libs/pages';
import { AlarmRig, quietFacts } from '../support/alarm-rig.ts';
import { fakeMirror, mirrorAway, mirrorBehind } from '../support/fake-mirror.ts';
import {
  branchStatus,
  fakeBranch,
  hubStatus,
  minutesAgo,
  quietStatus,
} from '../support/fake-status.ts';

const hubWith = (...branches: BranchStatus[]): Partial<Status> => {
  const { hub } = hubStatus();
  return { hub: hub && ({ ...hub, branches } satisfies HubStatus) };
};
const branchWith = (change: Partial<NonNullable<Status['sync']>>): Partial<Status> => {
  const { sync } = branchStatus();
  return { sync: sync && { ...sync, files: [], ...change } };
};
const disk = (level: 'ok' | 'low' | 'alarm'): Partial<Status> => ({
  disks: [{ folder: '/data', freeBytes: 1, totalBytes: 10, level }],
});
const relayWith = (change: Partial<NonNullable<Status['relay']>>): Partial<Status> => ({
  relay: { copies: null, outgoing: [], incomingTotal: 0, incoming: [], ...change },
});
const incoming = (missing: boolean): NonNullable<Status['relay']>['incoming'][number] => ({
  ...{ branch: 'porto', kind: 'cdr', files: 0, bytes: 0, waiting: 0, oldestWaitingAt: null },
  ...{ delivered: 0, damaged: 0, conflicts: 0, lastReceivedAt: minutesAgo(1), missing },
});
const outgoing = (kind: 'cdr' | 'backup', overdue: boolean): Partial<Status> =>
  relayWith({
    outgoing: [
      {
        ...{ kind, files: 1, bytes: 1, waiting: 1, waitingBytes: 1, overdue, acknowledged: [] },
        ...{ oldestWaitingAt: minutesAgo(60 * 48), lastError: null },
      },
    ],
  });
const scan = (now: [number, number], before: [number, number]): Partial<Facts> => ({
  scan: {
    at: minutesAgo(1),
    now: { behind: now[0], failed: now[1] },
    before: { behind: before[0], failed: before[1] },
  },
});
const receiver = (minutes: number, dropped = 0): Partial<Facts> => ({
  receivers: [
    { name: 'mail', failingSince: minutesAgo(minutes), error: 'no', waiting: 1, dropped },
  ],
});
const watchdog = (minutes: number): Partial<Facts> => ({
  watchdog: { firedAt: minutesAgo(minutes), reason: 'It was silent.', action: 'It was restarted.' },
});
const atHub = (change: Partial<BranchStatus>): Facts =>
  quietFacts(hubWith(fakeBranch('lisbon', change)));
const update = {
  name: 'x.zip',
  size: 1,
  sha256: '',
  bytes: 1,
  code: null,
  reason: 'bad',
  at: null,
};

/** Each condition: what raises it, what is within the margin and so changes nothing, and what ends it. */
const cases: Record<
  keyof typeof conditions,
  { bad: Facts; about?: string; near?: Facts; well?: Facts }
> = {
  'sync-failed': {
    bad: quietFacts(branchWith({ failures: 3 })),
    near: quietFacts(branchWith({ failures: 2 })),
    well: quietFacts(branchWith({ failures: 0 })),
  },
  'branch-failed': { bad: atHub({ state: 'error' }), about: 'lisbon' },
  'branch-overdue': { bad: atHub({ state: 'overdue' }), about: 'lisbon' },
  'certificate-ending': {
    bad: quietFacts({ certificates: [{ name: 'hub', expiresAt: minutesAgo(-60 * 24 * 6.9) }] }),
    about: 'hub',
    near: quietFacts({ certificates: [{ name: 'hub', expiresAt: minutesAgo(-60 * 24 * 7.5) }] }),
    well: quietFacts({ certificates: [{ name: 'hub', expiresAt: minutesAgo(-60 * 24 * 8.1) }] }),
  },
  'disk-low': { bad: quietFacts(disk('low')), about: '/data', well: quietFacts(disk('ok')) },
  'disk-alarm': { bad: quietFacts(disk('alarm')), about: '/data', well: quietFacts(disk('low')) },
  'branch-disk-low': {
    bad: atHub({ freeBytes: 900_000_000 }),
    about: 'lisbon',
    near: atHub({ freeBytes: 1_200_000_000 }),
    well: atHub({ freeBytes: 1_600_000_000 }),
  },
  'record-gap': {
    bad: quietFacts(relayWith({ incoming: [incoming(true)] })),
    about: 'porto',
    well: quietFacts(relayWith({ incoming: [incoming(false)] })),
  },
  'records-overdue': { bad: quietFacts(outgoing('cdr', true)), about: 'cdr' },
  'mirror-behind': {
    bad: quietFacts({ mirror: mirrorAway() }),
    about: 'faro',
    // It has only just started, and the other one has not told all yet.
    near: quietFacts({ mirror: fakeMirror({ caughtUp: false }) }),
    well: quietFacts({ mirror: fakeMirror() }),
  },
  'archive-refused': {
    bad: quietFacts(branchWith({ failures: 0, files: [{ ...update, state: 'refused' }] })),
    about: 'x.zip',
    well: quietFacts(branchWith({ failures: 0, files: [{ ...update, state: 'failed' }] })),
  },
  'clock-skew': {
    bad: atHub({ clockSkewS: -300 }),
    about: 'lisbon',
    near: atHub({ clockSkewS: 250 }),
    well: atHub({ clockSkewS: 239 }),
  },
  'watchdog-fired': { bad: quietFacts({}, watchdog(60)), well: quietFacts({}, watchdog(60 * 25)) },
  'backup-old': { bad: quietFacts(outgoing('backup', false)), about: 'backups' },
  'scan-regression': {
    bad: quietFacts({}, scan([14, 3], [14, 2])),
    near: quietFacts({}, scan([14, 3], [14, 3])),
    well: quietFacts({}, scan([13, 3], [14, 3])),
  },
  'receiver-failing': {
    bad: quietFacts({}, receiver(16)),
    about: 'mail',
    near: quietFacts({}, receiver(14)),
    well: quietFacts(),
  },
};

it.each(conditionNames)('%s is raised once, kept within its margin and over once', (name) => {
  const { raiseS, clearS } = conditions[name];
  const { bad, about = '', near, well = quietFacts() } = cases[name];
  const rig = new AlarmRig();
  const mine = (): string[] => rig.active().filter((key) => key.startsWith(name));
  if (near !== undefined) {
    rig.look(near);
    rig.after(raiseS + 1).look(near);
    expect(mine()).toEqual([]);
  }
  rig.look(bad);
  expect(mine()).toHaveLength(raiseS === 0 ? 1 : 0);
  rig.after(raiseS).look(bad);
  expect(mine()).toEqual([`${name} ${about}`.trim()]);
  rig.after(60).look(bad);
  expect(rig.alarms.active().filter(({ condition }) => condition === name)).toHaveLength(1);
  if (near !== undefined) {
    rig.look(near);
    rig.after(clearS + 1).look(near);
    expect(mine()).toHaveLength(1);
  }
  rig.look(well);
  expect(mine()).toHaveLength(clearS === 0 ? 0 : 1);
  rig.after(clearS).look(well);
  expect(mine()).toEqual([]);
  const over = rig.alarms.ended(10).filter(({ condition }) => condition === name);
  expect(over).toHaveLength(1);
  expect(over[0]).toMatchObject({ severity: conditions[name].severity, clearedAt: rig.now });
  expect(over[0]?.what).not.toBe('');
  expect(over[0]?.advice).not.toBe('');
});

const low = quietFacts(disk('low'));
const roomy = quietFacts(disk('ok'));

it('raises a pair of which files stay behind, not one that is taking some', () => {
  const rig = new AlarmRig();
  const behind = quietFacts({ mirror: mirrorBehind() });
  rig.look(behind);
  rig.after(280).look(behind);
  rig.after(15).look(quietFacts({ mirror: fakeMirror() }));
  rig.after(15).look(behind);
  expect(rig.active()).toEqual([]);
  rig.after(300).look(behind);
  expect(rig.active()).toEqual(['mirror-behind faro']);
});

it('raises nothing that comes and goes', () => {
  const rig = new AlarmRig();
  for (let n = 0; n < 20; n += 1) {
    rig.after(20).look(n % 2 === 0 ? low : roomy);
  }
  expect(rig.active()).toEqual([]);
  expect(rig.alarms.ended(10)).toEqual([]);
});

it('ends nothing that goes and comes', () => {
  const rig = new AlarmRig();
  rig.look(low);
  rig.after(30).look(low);
  for (let n = 0; n < 20; n += 1) {
    rig.after(40).look(n % 2 === 0 ? roomy : low);
    expect(rig.active()).toEqual(['disk-low /data']);
  }
});

it('neither raises again nor forgets to end what was raised before a restart', () => {
  const rig = new AlarmRig();
  rig.look(low);
  rig.after(30).look(low);
  const [before] = rig.alarms.active();
  rig.restart();
  rig.after(30).look(low);
  expect(rig.alarms.active()).toEqual([before]);
  rig.restart();
  rig.look(roomy);
  rig.after(60).look(roomy);
  expect(rig.active()).toEqual([]);
  expect(rig.alarms.ended(10)).toHaveLength(1);
});

it('calls no branch overdue while a hub that was away itself waits for them', () => {
  const rig = new AlarmRig();
  const young = atHub({ state: 'overdue' });
  const { server } = quietStatus();
  const facts = { ...young, status: { ...young.status, server: { ...server, uptimeS: 590 } } };
  rig.look(facts);
  rig.after(120).look(facts);
  expect(rig.active()).toEqual([]);
});

it('changes nothing while a fact is not known', () => {
  const rig = new AlarmRig();
  rig.look(quietFacts({}, watchdog(1)));
  rig.after(1).look(quietFacts({}, { watchdog: undefined }));
  expect(rig.active()).toEqual(['watchdog-fired']);
});

it('keeps a gap in records through a restart, after which nobody knows of the last record', () => {
  const intake = (change: object): Facts =>
    quietFacts({
      intakes: [
        {
          ...{ intake: 'web', connected: [], aloneSince: null, records: 0, recordsToday: 0 },
          ...{ lastRecordAt: null, files: [], silentSince: null, trouble: null },
          ...change,
        },
      ],
    });
  const rig = new AlarmRig();
  rig.look(intake({ silentSince: minutesAgo(61) }));
  rig.after(60).look(intake({ silentSince: minutesAgo(62) }));
  expect(rig.active()).toEqual(['record-gap HTTP']);
  rig.restart();
  rig.look(intake({}));
  rig.after(600).look(intake({}));
  expect(rig.active()).toEqual(['record-gap HTTP']);
  rig.look(intake({ lastRecordAt: minutesAgo(0) }));
  rig.after(60).look(intake({ lastRecordAt: minutesAgo(0) }));
  expect(rig.active()).toEqual([]);
});

it('is bounded', () => {
  const rig = new AlarmRig({ active: 10 });
  const branches = Array.from({ length: 50 }, (_, n) =>
    fakeBranch(`shop-${n}`, { state: 'overdue' }),
  );
  rig.look(quietFacts(hubWith(...branches)));
  rig.after(60).look(quietFacts(hubWith(...branches)));
  expect(rig.active()).toHaveLength(10);
});

it('ends in silence what only another version knew', () => {
  const rig = new AlarmRig();
  rig.alarms.raise({
    ...{ condition: 'of-tomorrow', about: '', severity: 'warning', what: '?', advice: '?' },
    ...{ code: undefined, since: rig.now, raisedAt: rig.now },
  });
  rig.restart();
  expect(rig.active()).toEqual([]);
  expect(rig.tell(quietFacts())).toEqual([]);
  expect(rig.alarms.untold()).toEqual([]);
});
