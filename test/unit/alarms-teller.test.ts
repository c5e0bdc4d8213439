import { expect, it } from 'vitest';
import type { Facts } from '#libs/alarms';
import type { BranchStatus } from '#libs/pages';
import { AlarmRig, quietFacts } from '../support/alarm-rig.ts';
import { fakeBranch, hubStatus } from '../support/fake-status.ts';

const shops = (
  from: number,
  to: number,
  change: Partial<BranchStatus> = { clockSkewS: 600 },
): Facts => {
  const { hub } = hubStatus();
  const branches = Array.from({ length: to - from }, (_, n) =>
    fakeBranch(`shop-${from + n}`, change),
  );
  return quietFacts({ hub: hub && { ...hub, branches } });
};
const quiet = quietFacts();
const watchdog = quietFacts(
  {},
  {
    watchdog: { firedAt: '2026-11-21T16:11:00.000Z', reason: 'Silent.', action: 'Restarted.' },
  },
);
/** Sees it, and again once it counts. */
function raise(rig: AlarmRig, facts: Facts): ReturnType<AlarmRig['tell']> {
  rig.tell(facts);
  return rig.after(120).tell(facts);
}

it('tells one alarm in its own words, and its end', () => {
  const rig = new AlarmRig();
  const [raised, ...others] = raise(rig, shops(0, 1));
  expect(others).toEqual([]);
  expect(raised).toMatchObject({
    event: 'raised',
    severity: 'warning',
    condition: 'clock-skew',
    more: 0,
  });
  expect(raised?.text).toContain('shop-0');
  expect(raised?.alarms).toHaveLength(1);
  const [over] = raise(rig.after(600), quiet);
  expect(over).toMatchObject({ event: 'cleared', condition: 'clock-skew' });
  expect(over?.alarms[0]?.id).toBe(raised?.alarms[0]?.id);
  expect(over?.alarms[0]?.clearedAt).toBe(new Date(rig.now).toISOString());
  expect(rig.queue.waiting('webhook')).toBe(2);
});

it('tells a thousand branches at once in one message that names some', () => {
  const rig = new AlarmRig();
  const messages = raise(rig, shops(0, 1_000));
  expect(messages).toHaveLength(1);
  expect(messages[0]?.alarms).toHaveLength(20);
  expect(messages[0]?.more).toBe(980);
  expect(messages[0]?.text).toMatch(/1,000 alarms, shop-0, .* and 990 more\.$/);
  expect(JSON.stringify(messages[0]).length).toBeLessThan(20_000);
});

it('gathers what follows within a minute of a message into the next one', () => {
  const rig = new AlarmRig();
  rig.tell(shops(0, 3));
  for (let n = 4; n < 8; n += 1) rig.after(15).tell(shops(0, n));
  const told: number[] = [];
  for (let n = 0; n < 16; n += 1) {
    for (const { alarms } of rig.after(15).tell(shops(0, 8))) told.push(alarms.length);
  }
  expect(told).toEqual([3, 4, 1]);
});

it('says nothing of what came and went between two messages', () => {
  const rig = new AlarmRig();
  raise(rig, shops(0, 1));
  rig.alarms.raise({
    ...{ condition: 'clock-skew', about: 'shop-9', severity: 'warning', what: '?', advice: '' },
    ...{ code: undefined, since: rig.now, raisedAt: rig.now },
  });
  const gone = rig.alarms.active().find(({ about }) => about === 'shop-9');
  rig.alarms.clear(gone?.id ?? 0, rig.now);
  expect(rig.after(120).tell(shops(0, 1))).toEqual([]);
});

it('tells at once again although the clock was set back', () => {
  const rig = new AlarmRig();
  raise(rig, shops(0, 1));
  rig.after(-86_400);
  expect(raise(rig, shops(0, 2))).toHaveLength(1);
});

it('a mute keeps one alarm quiet, not the others, and its end tells what is on', () => {
  const rig = new AlarmRig();
  const until = rig.now + 3_600_000;
  const alarm = { condition: 'clock-skew', about: 'shop-0' };
  rig.mutes.add({ alarm, by: 'anna', from: rig.now, until });
  const [message, ...none] = raise(rig, shops(0, 2));
  expect(none).toEqual([]);
  expect(message?.alarms.map(({ about }) => about)).toEqual(['shop-1']);
  rig.now = until - 1;
  expect(rig.tell(shops(0, 2))).toEqual([]);
  rig.now = until;
  const [ended, late] = rig.tell(shops(0, 2));
  expect(ended).toMatchObject({ event: 'mute-ended', condition: 'clock-skew' });
  expect(ended?.alarms.map(({ about }) => about)).toEqual(['shop-0']);
  expect(late).toMatchObject({ event: 'raised' });
  expect(late?.alarms.map(({ about }) => about)).toEqual(['shop-0']);
  expect(rig.mutes.all()).toEqual([]);
  expect(rig.after(120).tell(shops(0, 2))).toEqual([]);
});

it('a mute of all keeps the end of an alarm for later, and forgets what was over before it was told', () => {
  const rig = new AlarmRig();
  raise(rig, shops(0, 1));
  const { id } = rig.mutes.add({
    alarm: undefined,
    by: 'anna',
    from: rig.now,
    until: rig.now + 9e6,
  });
  expect(raise(rig.after(60), watchdog)).toEqual([]);
  expect(raise(rig.after(60), quiet)).toEqual([]);
  expect(rig.active()).toEqual([]);
  const before = rig.queue.waiting('webhook');
  rig.endMute(id);
  const told = rig.tell(quiet);
  expect(rig.queue.waiting('webhook')).toBe(before + 2);
  expect(told.map(({ event, condition }) => [event, condition])).toEqual([
    ['cleared', 'clock-skew'],
  ]);
});

it('queues for every receiver, drops the oldest beyond the bound and says so', () => {
  const rig = new AlarmRig({ receivers: ['webhook', 'mail'], queued: 3 });
  for (let n = 0; n < 5; n += 1) rig.after(120).tell(n % 2 === 0 ? watchdog : quiet);
  expect(rig.queue.waiting('webhook')).toBe(3);
  expect(rig.queue.waiting('mail')).toBe(3);
  expect(rig.queue.receiver('mail').dropped).toBe(2);
  expect(rig.dropped.filter(([name]) => name === 'mail')).toEqual([
    ['mail', 1],
    ['mail', 1],
  ]);
  const first: unknown = JSON.parse(rig.queue.first('mail')?.message ?? '');
  expect(first).toMatchObject({ event: 'raised' });
});

it('tells no receiver of its own silence', () => {
  const rig = new AlarmRig({ receivers: ['webhook', 'mail'] });
  const receivers = [
    { name: 'mail', failingSince: '2026-11-21T15:00:00.000Z', error: 'no', waiting: 3, dropped: 0 },
  ];
  rig.tell(quietFacts({}, { receivers }));
  expect(rig.queue.waiting('webhook')).toBe(1);
  expect(rig.queue.waiting('mail')).toBe(0);
});

it('keeps a bounded history', () => {
  const rig = new AlarmRig({ receivers: [] });
  rig.journal.transaction(() => {
    for (let n = 0; n < 1_100; n += 1) {
      const { id } = rig.alarms.raise({
        ...{ condition: 'disk-low', about: `/${n}`, severity: 'warning', what: '?', advice: '' },
        ...{ code: undefined, since: n, raisedAt: n },
      });
      rig.alarms.clear(id, rig.now + n);
    }
  });
  rig.alarms.prune();
  expect(rig.alarms.ended(5_000)).toHaveLength(1_000);
  expect(rig.alarms.ended(1)[0]?.about).toBe('/1099');
});
