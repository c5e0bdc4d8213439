import {
  AlarmBook,
  AlarmTeller,
  MessageWriter,
  type AlarmMessage,
  type Changes,
  type Facts,
} from '#libs/alarms';
import { AlarmMutesTable, AlarmQueueTable, AlarmsTable, Journal } from '#libs/journal';
import { Times, type Status } from '#libs/pages';
import { quietStatus, statusClock } from './fake-status.ts';

/** What the conditions look at when all is well. */
export const quietFacts = (status: Partial<Status> = {}, more: Partial<Facts> = {}): Facts => ({
  status: quietStatus(status),
  times: new Times(statusClock, 'UTC'),
  limits: { syncFailures: 3, backupHours: 26 },
  watchdog: null,
  scan: null,
  receivers: [],
  ...more,
});

/** A message as `MessageWriter` writes one, with what a test wants to say. */
export const fakeMessage = (change: Partial<AlarmMessage> = {}): AlarmMessage => ({
  ...new MessageWriter('files.example').test(Date.parse(statusClock)),
  ...change,
});

/** The alarms of one server over one database, at a time that a test sets. */
export class AlarmRig {
  readonly journal: Journal;
  readonly alarms: AlarmsTable;
  readonly mutes: AlarmMutesTable;
  readonly queue: AlarmQueueTable;
  readonly dropped: [string, number][] = [];
  now = Date.parse(statusClock);
  #book: AlarmBook;
  readonly #teller: AlarmTeller;

  constructor({ receivers = ['webhook'], queued = 1_000, active = 2_500 } = {}) {
    this.journal = new Journal(':memory:');
    this.alarms = new AlarmsTable(this.journal);
    this.mutes = new AlarmMutesTable(this.journal);
    this.queue = new AlarmQueueTable(this.journal, queued);
    this.#book = new AlarmBook(this.alarms, active);
    this.#teller = new AlarmTeller({
      alarms: this.alarms,
      mutes: this.mutes,
      queue: this.queue,
      writer: new MessageWriter('files.example'),
      receivers,
      onDropped: (receiver, messages) => this.dropped.push([receiver, messages]),
    });
  }

  /** As a restart would. */
  restart(): void {
    this.#book = new AlarmBook(this.alarms);
    this.#book.open(this.now);
  }

  after(seconds: number): this {
    this.now += seconds * 1_000;
    return this;
  }

  look(facts: Facts): Changes {
    return this.#book.look(facts, this.now);
  }

  /** Look, and return what was queued for the receivers. */
  tell(facts: Facts): readonly AlarmMessage[] {
    this.look(facts);
    return this.#teller.tell(this.#book.active(), this.now);
  }

  endMute(id: number): void {
    const mute = this.mutes.all().find((each) => each.id === id);
    if (mute !== undefined) this.#teller.endMute(mute, this.#book.active(), this.now);
  }

  active(): string[] {
    return this.#book.active().map(({ condition, about }) => `${condition} ${about}`.trim());
  }
}
