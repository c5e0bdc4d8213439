import type { Audit } from '#libs/audit';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { AlarmMute, AlarmMutesTable, AlarmRecord, AlarmsTable, Journal } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import {
  alarmLimits,
  maxMuteMinutes,
  type AlarmDesk,
  type AlarmList,
  type AlarmTestAnswer,
  type ListedAlarm,
  type ListedMute,
  type MuteRequest,
} from '#libs/pages';
import { plainLine } from './alarm-message.ts';
import { silences, type AlarmTeller } from './alarm-teller.ts';
import type { Courier } from './courier.ts';
import { scopeInWords, type MessageWriter } from './write-message.ts';

export interface AlarmOfficeOptions {
  readonly journal: Journal;
  readonly table: AlarmsTable;
  readonly mutes: AlarmMutesTable;
  readonly writer: MessageWriter;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly log: Logger;
  readonly active: () => readonly AlarmRecord[];
  readonly couriers: readonly Courier[];
  readonly teller: AlarmTeller;
  /** Something may be to be told. */
  readonly onChange: () => void;
}

const minuteMs = 60_000;

/** What people and programs ask and command of the alarms. */
export class AlarmOffice implements AlarmDesk {
  readonly #options: AlarmOfficeOptions;
  #testing = false;

  constructor(options: AlarmOfficeOptions) {
    this.#options = options;
  }

  alarms(): AlarmList {
    const { table, mutes, active, couriers, clock } = this.#options;
    const on = this.#mutesOn(mutes, clock.now());
    const listed = (alarm: AlarmRecord): ListedAlarm => listedAlarm(alarm, on);
    const all = active();
    return {
      activeTotal: all.length,
      active: all.toReversed().slice(0, alarmLimits.active).map(listed),
      history: table.ended(alarmLimits.history).map(listed),
      mutes: on.map(listedMute),
      receivers: couriers.map(({ receiver: { name, address }, record }) => ({
        ...{ name, address, waiting: record.waiting, dropped: record.dropped },
        lastSentAt: iso(record.lastSentAt),
        failingSince: iso(record.failingSince),
        lastError: record.lastError ?? null,
      })),
    };
  }

  async test(receiver: string | undefined): Promise<AlarmTestAnswer> {
    const { couriers, writer, clock, log } = this.#options;
    const asked = couriers.filter(
      ({ receiver: { name } }) => receiver === undefined || name === receiver,
    );
    const toLog = receiver === undefined || receiver === 'log';
    if (asked.length === 0 && !toLog) {
      throw new BranchlineError(
        'NOT_FOUND',
        `[ALARMS] names no receiver ${plainLine(receiver, 32)}: ${['log', ...couriers.map((each) => each.receiver.name)].join(', ')} can be tested`,
      );
    }
    if (this.#testing)
      throw new BranchlineError('PEER_BUSY', 'a test of the alarms is on: wait for its end');
    this.#testing = true;
    try {
      const message = writer.test(clock.now());
      if (toLog) log.warn({ test: true, message: message.id }, message.text);
      const results = await Promise.all(
        asked.map(async (courier) => {
          const { name, address } = courier.receiver;
          try {
            return {
              receiver: name,
              address,
              ok: true,
              answer: await courier.test(message),
              code: null,
            };
          } catch (error) {
            const { code, message: answer } = asBranchlineError(error);
            return { receiver: name, address, ok: false, answer, code };
          }
        }),
      );
      const logged = {
        receiver: 'log',
        address: 'the log of this server',
        ok: true,
        answer: 'written',
        code: null,
      };
      return { results: toLog ? [logged, ...results] : results };
    } finally {
      this.#testing = false;
    }
  }

  async mute({ alarm: id, minutes, by }: MuteRequest): Promise<ListedMute> {
    const { mutes, clock } = this.#options;
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > maxMuteMinutes) {
      throw new BranchlineError(
        'USAGE',
        `a mute has an end: 1 to ${maxMuteMinutes} minutes from now`,
      );
    }
    const now = clock.now();
    if (this.#mutesOn(mutes, now).length >= alarmLimits.mutes) {
      throw new BranchlineError(
        'USAGE',
        `${alarmLimits.mutes} mutes are on: end some of them first`,
      );
    }
    const alarm = id === undefined ? undefined : this.#alarm(id);
    const mute = { alarm, by: nameOf(by), from: now, until: now + minutes * minuteMs };
    await this.#audit('muted', mute);
    return listedMute(mutes.add(mute));
  }

  async unmute(id: number, by: string): Promise<ListedMute> {
    const { mutes, clock, journal, teller, active, onChange } = this.#options;
    const mute = mutes.all().find((each) => each.id === id);
    if (mute === undefined) {
      throw new BranchlineError(
        'NOT_FOUND',
        `no mute ${id} is on: \`branchline alarms list\` names them`,
      );
    }
    await this.#audit('unmuted', { ...mute, by: nameOf(by) });
    journal.transaction(() => {
      teller.endMute(mute, active(), clock.now());
    });
    onChange();
    return listedMute(mute);
  }

  #alarm(id: number): { condition: string; about: string } {
    const { table, active } = this.#options;
    const found = [...active(), ...table.ended(alarmLimits.history)].find(
      (alarm) => alarm.id === id,
    );
    if (found === undefined) {
      throw new BranchlineError(
        'NOT_FOUND',
        `no alarm ${id} is on or was lately: \`branchline alarms list\` names them`,
      );
    }
    return { condition: found.condition, about: found.about };
  }

  #mutesOn(mutes: AlarmMutesTable, now: number): AlarmMute[] {
    return mutes.all().filter(({ until }) => until > now);
  }

  /** Before it counts. */
  async #audit(
    act: 'muted' | 'unmuted',
    { alarm, by, until }: Omit<AlarmMute, 'id'>,
  ): Promise<void> {
    const which = alarm === undefined ? 'all' : `${alarm.condition} ${alarm.about}`.trim();
    const name = `${which} until ${new Date(until).toISOString()}`;
    await this.#options.audit.commit([{ act, by, kind: 'alarm', name, result: 'done' }]);
  }
}

const iso = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();

const nameOf = (by: string): string => plainLine(by, 64) || 'operator';

const listedAlarm = (alarm: AlarmRecord, mutes: readonly AlarmMute[]): ListedAlarm => ({
  id: alarm.id,
  condition: alarm.condition,
  title: scopeInWords(alarm.condition, ''),
  about: alarm.about,
  severity: alarm.severity,
  what: alarm.what,
  advice: alarm.advice,
  code: alarm.code ?? null,
  since: new Date(alarm.since).toISOString(),
  raisedAt: new Date(alarm.raisedAt).toISOString(),
  clearedAt: iso(alarm.clearedAt),
  muted: mutes.some((mute) => silences(mute, alarm)),
});

const listedMute = ({ id, alarm, by, from, until }: AlarmMute): ListedMute => ({
  id,
  condition: alarm?.condition ?? null,
  about: alarm?.about ?? null,
  title: alarm === undefined ? 'All alarms' : scopeInWords(alarm.condition, alarm.about),
  by,
  from: new Date(from).toISOString(),
  until: new Date(until).toISOString(),
});
