import type {
  AlarmMutesTable,
  AlarmMute,
  AlarmQueueTable,
  AlarmRecord,
  AlarmsTable,
} from '#libs/journal';
import type { AlarmMessage } from './alarm-message.ts';
import { isConditionName } from './conditions.ts';
import type { MessageWriter } from './write-message.ts';

/** After a message of one kind of alarm, further ones of that kind are gathered for so long, in milliseconds. */
const gatherMs = 60_000;

export interface AlarmTellerOptions {
  readonly alarms: AlarmsTable;
  readonly mutes: AlarmMutesTable;
  readonly queue: AlarmQueueTable;
  readonly writer: MessageWriter;
  /** Names of the receivers. */
  readonly receivers: readonly string[];
  /** Messages of a receiver had to go. */
  readonly onDropped: (receiver: string, messages: number) => void;
}

/** Queues for every receiver what it was not told yet: of each kind of alarm at most one message a minute, however many change. */
export class AlarmTeller {
  readonly #options: AlarmTellerOptions;

  constructor(options: AlarmTellerOptions) {
    this.#options = options;
  }

  /** What is to be told at `now`, Unix milliseconds. The caller makes it one transaction. Returns the messages queued. */
  tell(active: readonly AlarmRecord[], now: number): readonly AlarmMessage[] {
    const { alarms, mutes, writer } = this.#options;
    const messages: AlarmMessage[] = [];
    for (const mute of mutes.all().filter(({ until }) => until <= now)) {
      messages.push(this.endMute(mute, active, now));
    }
    const on = mutes.all();
    const untold = alarms.untold().filter((alarm) => !on.some((mute) => silences(mute, alarm)));
    if (untold.length === 0) return messages;
    for (const [condition, changed] of Map.groupBy(untold, (alarm) => alarm.condition)) {
      // Those of another version's kinds are over and told when this one has started.
      if (!isConditionName(condition) || this.#isGathering(condition, now)) continue;
      for (const event of ['raised', 'cleared'] as const) {
        const those = changed.filter(
          ({ clearedAt }) => (clearedAt === undefined) === (event === 'raised'),
        );
        if (those.length === 0) continue;
        const message = writer.changed(condition, event, those, now);
        this.#queue(message, those, now);
        messages.push(message);
        for (const alarm of those) alarms.told(alarm, now);
      }
    }
    alarms.prune();
    return messages;
  }

  /** Forget a mute, and tell that it is over. */
  endMute(mute: AlarmMute, active: readonly AlarmRecord[], now: number): AlarmMessage {
    const { mutes, writer } = this.#options;
    const message = writer.muteEnded(
      mute,
      active.filter((alarm) => silences(mute, alarm)),
      now,
    );
    mutes.remove(mute.id);
    this.#queue(message, [], now);
    return message;
  }

  /** A clock that was set back must not gather for ever. */
  #isGathering(condition: string, now: number): boolean {
    const last = this.#options.alarms.lastTold(condition) ?? 0;
    return now >= last && now - last < gatherMs;
  }

  #queue(message: AlarmMessage, alarms: readonly AlarmRecord[], now: number): void {
    const { queue, receivers, onDropped } = this.#options;
    const json = JSON.stringify(message);
    for (const receiver of receivers) {
      if (alarms.length > 0 && alarms.every((alarm) => isAboutItself(alarm, receiver))) continue;
      const dropped = queue.add(receiver, json, now);
      if (dropped > 0) onDropped(receiver, dropped);
    }
  }
}

/** True when the mute keeps this alarm from receivers. */
export const silences = ({ alarm }: AlarmMute, { condition, about }: Muteable): boolean =>
  alarm === undefined || (alarm.condition === condition && alarm.about === about);

type Muteable = Pick<AlarmRecord, 'condition' | 'about'>;

/** Nobody needs to hear by mail that no mail arrives. */
const isAboutItself = ({ condition, about }: AlarmRecord, receiver: string): boolean =>
  condition === 'receiver-failing' && about === receiver;
