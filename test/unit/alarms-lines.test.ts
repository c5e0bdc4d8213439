import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alarmMessageSchema, alarmObjects, MessageWriter, syslogLine } from '#libs/alarms';
import type { AlarmRecord } from '#libs/journal';
import { Check } from 'typebox/value';
import { fakeMessage } from '../support/alarm-rig.ts';

const record = (change: Partial<AlarmRecord>): AlarmRecord => ({
  ...{
    id: 7,
    condition: 'branch-failed',
    about: 'lisbon',
    severity: 'critical',
    what: 'It fails.',
  },
  ...{ advice: 'Mend it.', code: 'DISK_FULL', since: 0, raisedAt: 0, raiseToldAt: undefined },
  ...{ clearedAt: undefined, clearToldAt: undefined, ...change },
});
const raised = (change: Partial<AlarmRecord>) =>
  new MessageWriter('files.example').changed('branch-failed', 'raised', [record(change)], 0);

it('writes what RFC 5424 asks for, with the message as structured data', () => {
  const line = syslogLine(raised({}), 'local0', 8_192).toString();
  const { id } = raised({});
  expect(line.replace(/id="[^"]+"/, `id="${id}"`)).toBe(
    `<130>1 1970-01-01T00:00:00.000Z files.example branchline ${process.pid} raised ` +
      `[branchline@32473 id="${id}" server="files.example" condition="branch-failed" alarm="7" about="lisbon" code="DISK_FULL"] ` +
      '\ufeffIt fails.',
  );
});

it.each([
  ['critical', 'raised', 'local0', '<130>'],
  ['warning', 'raised', 'daemon', '<28>'],
  ['critical', 'cleared', 'local7', '<189>'],
  ['info', 'test', 'user', '<14>'],
] as const)('gives %s %s of %s its priority', (severity, event, facility, priority) => {
  const line = syslogLine(fakeMessage({ severity, event }), facility, 1_400).toString();
  expect(line.startsWith(`${priority}1 `)).toBe(true);
});

it('lets no name break out of its place, also when nobody has cleaned it before', () => {
  const hostile = 'x"] [evil@1 a="b\\" \r\n<130>1 - forged\u2028y';
  const message = fakeMessage({
    server: hostile,
    text: hostile,
    alarms: [{ ...fakeAlarm, about: hostile, code: hostile }],
  });
  const line = syslogLine(message, 'local0', 8_192).toString();
  expect(line).not.toMatch(/[\r\n\u2028]/);
  const [, host = '', data = ''] =
    /^<\d+>1 \S+ (\S+) branchline \d+ test (\[.*\]) \ufeff/.exec(line) ?? [];
  expect(host).not.toContain(' ');
  // One element: every quote, backslash and bracket within is escaped (section 6.3.3).
  expect(data).toMatch(/^\[branchline@32473(?: \w+="(?:[^"\\\]]|\\["\\\]])*")+\]$/);
});

const fakeAlarm = {
  ...{
    id: 1,
    condition: 'clock-skew',
    about: '',
    severity: 'warning' as const,
    what: '',
    advice: '',
  },
  ...{ code: null, since: '', clearedAt: null },
};

it('whatever strangers send becomes one bounded line that fits the schema', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 900 }), (text) => {
      const message = raised({ what: text, about: text, advice: text, code: text });
      expect(Check(alarmMessageSchema, message)).toBe(true);
      const texts = [message.text, ...message.alarms.flatMap((a) => [a.what, a.about, a.advice])];
      for (const each of texts) expect(each).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      const line = syslogLine(message, 'local0', 1_400);
      expect(line.length).toBeLessThanOrEqual(1_400);
      expect(line.toString()).not.toMatch(/[\r\n\ufffd]$/);
      for (const { value } of alarmObjects(message)) {
        if (typeof value !== 'number') expect(value.length).toBeLessThanOrEqual(255);
      }
    }),
  );
});
