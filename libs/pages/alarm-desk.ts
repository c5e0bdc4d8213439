import { Type, type Static } from 'typebox';
import { alarmSeverities } from '#libs/journal';
import { closed, count, list, orNull, text, time } from './schema-words.ts';

/** How many of each the answer names; what is beyond is counted. */
export const alarmLimits = { active: 500, history: 200, mutes: 100, receivers: 8 } as const;

/** The longest mute, in minutes: 30 days. */
export const maxMuteMinutes = 43_200;

const alarm = Type.Object(
  {
    id: count('Identity; the same as in what receivers get'),
    condition: text('What kind of alarm, see docs/reference/alarms.md'),
    title: text('The same for people'),
    about: text('Branch, disk, certificate …; empty for this server itself'),
    severity: Type.Enum([...alarmSeverities]),
    what: text('What is the matter'),
    advice: text('What to do'),
    code: orNull(text('Error code, see docs/errors.md')),
    since: time('First seen'),
    raisedAt: time('Raised'),
    clearedAt: orNull(time('Over')),
    muted: Type.Boolean({ description: 'Receivers are not told of it at present' }),
  },
  closed,
);

const mute = Type.Object(
  {
    id: count('Identity'),
    condition: orNull(text('Of which kind of alarm; null: of all')),
    about: orNull(text('About what; null: of all')),
    title: text('The same for people'),
    by: text('Who muted'),
    from: time('Since'),
    until: time('End; it is told to the receivers'),
  },
  closed,
);

const receiver = Type.Object(
  {
    name: text('webhook, syslog, mail or trap'),
    address: text('Where it is; without secrets'),
    waiting: count('Messages that wait for it'),
    dropped: count('Messages that it never got, since the last that it did'),
    lastSentAt: orNull(time('Last message that it took')),
    failingSince: orNull(time('Since when it takes none')),
    lastError: orNull(text('Why')),
  },
  closed,
);

/** The body of GET /api/v1/alarms. */
export const alarmListSchema = Type.Object(
  {
    activeTotal: count('Alarms that are on; the list may be shorter'),
    active: list(alarm, alarmLimits.active),
    history: list(alarm, alarmLimits.history),
    mutes: list(mute, alarmLimits.mutes),
    receivers: list(receiver, alarmLimits.receivers),
  },
  closed,
);

export const alarmMuteSchema = mute;

/** The body of POST /api/v1/alarms/test. */
export const alarmTestSchema = Type.Object(
  {
    results: list(
      Type.Object(
        {
          receiver: text('log, webhook, syslog, mail or trap'),
          address: text('Where it is; without secrets'),
          ok: Type.Boolean(),
          answer: text('What it said, in words'),
          code: orNull(text('Error code when it did not take the test')),
        },
        closed,
      ),
      alarmLimits.receivers,
    ),
  },
  closed,
);

export type AlarmList = Static<typeof alarmListSchema>;
export type ListedAlarm = Static<typeof alarm>;
export type ListedMute = Static<typeof mute>;
export type AlarmTestAnswer = Static<typeof alarmTestSchema>;

export interface MuteRequest {
  /** Identity of an alarm that is on or was; undefined for all. */
  readonly alarm: number | undefined;
  readonly minutes: number;
  /** For the audit log and the page. */
  readonly by: string;
}

/** What the status port needs of the alarms; `apps/server` wires the two together. */
export interface AlarmDesk {
  alarms(): AlarmList;
  /** One marked test to each receiver, or to the one named. @throws BranchlineError NOT_FOUND, PEER_BUSY. */
  test(receiver: string | undefined): Promise<AlarmTestAnswer>;
  /** @throws BranchlineError NOT_FOUND, USAGE. */
  mute(request: MuteRequest): Promise<ListedMute>;
  /** End a mute before its time. @throws BranchlineError NOT_FOUND. */
  unmute(mute: number, by: string): Promise<ListedMute>;
}
