import { Type, type Static } from 'typebox';
import { alarmSeverities } from '#libs/journal';

const closed = { additionalProperties: false } as const;
const text = (description: string, maxLength: number) => Type.String({ description, maxLength });
const time = (description: string) => Type.String({ description, format: 'date-time' });
const orNull = (description: string, more: { maxLength?: number; format?: string }) =>
  Type.Union([Type.String(more), Type.Null()], { description });

export const messageEvents = ['raised', 'cleared', 'mute-ended', 'test'] as const;

/** Alarms that one message names; the others are counted. */
export const maxNamed = 20;

export const messageLimits = { sentence: 500, about: 200, text: 1_000 } as const;

/** What receivers get. As JSON it is the body of the webhook. No control character stands in any of its texts. */
export const alarmMessageSchema = Type.Object(
  {
    id: text('The same in every try: who gets it twice can tell', 64),
    event: Type.Enum([...messageEvents], {
      description: 'What has happened: raised, cleared, mute-ended or test',
    }),
    at: time('When it was queued'),
    server: text('Name of the server that sends it', 255),
    severity: Type.Enum([...alarmSeverities, 'info'], {
      description: 'critical or warning; info where nothing is wrong',
    }),
    condition: orNull('What kind of alarm; null where it is none', { maxLength: 64 }),
    text: text('All of it in one line, for people', messageLimits.text),
    alarms: Type.Array(
      Type.Object(
        {
          id: Type.Integer({ description: 'The same when it is raised and when it is over' }),
          condition: text('What kind of alarm', 64),
          about: text(
            'Branch, disk, certificate …; empty for the server itself',
            messageLimits.about,
          ),
          severity: Type.Enum([...alarmSeverities], { description: 'critical or warning' }),
          what: text('One sentence', messageLimits.sentence),
          advice: text('What to do', messageLimits.sentence),
          code: orNull('Error code, see docs/errors.md; null where there is none', {
            maxLength: 64,
          }),
          since: time('First seen'),
          clearedAt: orNull('When it was over; null while it is on', { format: 'date-time' }),
        },
        closed,
      ),
      { maxItems: maxNamed },
    ),
    more: Type.Integer({
      minimum: 0,
      description: 'Further alarms of which this message says nothing',
    }),
    dropped: Type.Integer({
      minimum: 0,
      description: 'Messages before this one that this receiver never got',
    }),
  },
  closed,
);

export type AlarmMessage = Static<typeof alarmMessageSchema>;
export type ToldAlarm = AlarmMessage['alarms'][number];

/**
 * One line that steers nothing: names and sentences come from branches, and so from strangers. Control characters, line and
 * paragraph separators and those that turn the writing direction become spaces.
 */
export const plainLine = (line: string, maxLength: number): string =>
  line
    .replace(/[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu, ' ')
    .toWellFormed()
    .slice(0, maxLength)
    .toWellFormed()
    .trim();
