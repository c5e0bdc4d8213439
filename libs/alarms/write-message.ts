import { randomUUID } from 'node:crypto';
import type { AlarmMute, AlarmRecord } from '#libs/journal';
import { duration, names, number, plural } from '#libs/pages';
import {
  maxNamed,
  messageLimits,
  plainLine,
  type AlarmMessage,
  type ToldAlarm,
} from './alarm-message.ts';
import { conditions, type ConditionName } from './conditions.ts';

const iso = (at: number): string => new Date(at).toISOString();
const sentence = (words: string): string => plainLine(words, messageLimits.sentence);

const told = (alarm: AlarmRecord): ToldAlarm => ({
  id: alarm.id,
  condition: alarm.condition,
  about: plainLine(alarm.about, messageLimits.about),
  severity: alarm.severity,
  what: sentence(alarm.what),
  advice: sentence(alarm.advice),
  code: alarm.code === undefined ? null : plainLine(alarm.code, 64),
  since: iso(alarm.since),
  clearedAt: alarm.clearedAt === undefined ? null : iso(alarm.clearedAt),
});

/** Writes messages in the name of one server. */
export class MessageWriter {
  readonly #server: string;

  constructor(server: string) {
    this.#server = plainLine(server, 255);
  }

  /** Alarms of one condition that were raised, or are over. */
  changed(
    condition: ConditionName,
    event: 'raised' | 'cleared',
    alarms: readonly AlarmRecord[],
    now: number,
  ): AlarmMessage {
    const { title, severity } = conditions[condition];
    const [first] = alarms;
    const abouts = alarms.map(({ about }) => sentence(about));
    const many =
      alarms.length > 1 ? `${title}: ${plural(alarms.length, 'alarm')}, ${names(abouts)}.` : '';
    const one = first === undefined ? '' : sentence(first.what);
    const words =
      event === 'raised'
        ? many || one
        : `Over${first && !many ? ` after ${duration(((first.clearedAt ?? now) - first.since) / 1_000)}` : ''}: ${many || one}`;
    return this.#message({ event, severity, condition, words, alarms, now });
  }

  muteEnded({ alarm, from }: AlarmMute, active: readonly AlarmRecord[], now: number): AlarmMessage {
    const whose = alarm === undefined ? 'all alarms' : scopeInWords(alarm.condition, alarm.about);
    const still =
      active.length === 0
        ? 'None of them is on.'
        : `${number(active.length)} ${active.length === 1 ? 'is' : 'are'} on: ${names(
            active.map(({ what }) => sentence(what)),
            3,
          )}`;
    const words = `The mute of ${whose} from ${iso(from)} has ended. ${still}`;
    return this.#message({
      ...{ event: 'mute-ended', severity: 'info', words, alarms: active, now },
      condition: alarm === undefined ? null : alarm.condition,
    });
  }

  test(now: number): AlarmMessage {
    const words = `Test of the alarms of ${this.#server}: nothing has happened.`;
    return this.#message({
      ...{ event: 'test', severity: 'info', condition: null, words, alarms: [], now },
    });
  }

  #message(parts: {
    readonly event: AlarmMessage['event'];
    readonly severity: AlarmMessage['severity'];
    readonly condition: string | null;
    readonly words: string;
    readonly alarms: readonly AlarmRecord[];
    readonly now: number;
  }): AlarmMessage {
    const { event, severity, condition, words, alarms, now } = parts;
    return {
      ...{ id: randomUUID(), event, at: iso(now), server: this.#server, severity, condition },
      text: plainLine(words, messageLimits.text),
      alarms: alarms.slice(0, maxNamed).map(told),
      more: Math.max(0, alarms.length - maxNamed),
      dropped: 0,
    };
  }
}

/** "Branch overdue (lisbon)". */
export function scopeInWords(condition: string, about: string): string {
  const title = Object.hasOwn(conditions, condition)
    ? conditions[condition as ConditionName].title
    : condition;
  return about === '' ? title : `${title} (${plainLine(about, messageLimits.about)})`;
}
