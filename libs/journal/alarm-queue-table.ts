import { integer, optionalInteger, optionalText, text, type Journal } from './journal.ts';

/** A message that a receiver has not acknowledged yet. */
export interface QueuedMessage {
  readonly id: number;
  /** JSON, as it was queued. */
  readonly message: string;
  readonly refusals: number;
}

/** How it goes with one receiver. Times are Unix milliseconds. */
export interface ReceiverRecord {
  readonly lastSentAt: number | undefined;
  readonly failingSince: number | undefined;
  readonly lastError: string | undefined;
  /** Messages that it never got, since the last that it did. */
  readonly dropped: number;
}

const unknown: ReceiverRecord = {
  lastSentAt: undefined,
  failingSince: undefined,
  lastError: undefined,
  dropped: 0,
};

/** What is still to be sent to receivers of alarms: in order for each, bounded. */
export class AlarmQueueTable {
  readonly #journal: Journal;
  readonly #limit: number;

  /** `limit`: messages that wait for one receiver; beyond, the oldest go. */
  constructor(journal: Journal, limit = 1_000) {
    this.#journal = journal;
    this.#limit = limit;
  }

  /** Returns how many of the oldest had to go. */
  add(receiver: string, message: string, at: number): number {
    return this.#journal.transaction(() => {
      this.#journal.run(
        'insert into alarm_queue (receiver, message, queued_at) values (?, ?, ?)',
        ...[receiver, message, at],
      );
      const { changes } = this.#journal.run(
        `delete from alarm_queue where receiver = ? and id not in
           (select id from alarm_queue where receiver = ? order by id desc limit ?)`,
        ...[receiver, receiver, this.#limit],
      );
      if (changes > 0) this.#dropped(receiver, changes);
      return changes;
    });
  }

  first(receiver: string): QueuedMessage | undefined {
    return this.#journal.row(
      'select id, message, refusals from alarm_queue where receiver = ? order by id limit 1',
      [receiver],
      (row) => ({
        id: integer(row, 'id'),
        message: text(row, 'message'),
        refusals: integer(row, 'refusals'),
      }),
    );
  }

  waiting(receiver: string): number {
    const sql = 'select count(*) as n from alarm_queue where receiver = ?';
    return this.#journal.row(sql, [receiver], (row) => integer(row, 'n')) ?? 0;
  }

  /** The receiver has acknowledged it: from here on it is never sent again. */
  sent(receiver: string, id: number, at: number): void {
    this.#journal.transaction(() => {
      this.#journal.run('delete from alarm_queue where id = ?', id);
      this.#journal.run(
        `insert into alarm_receivers (receiver, last_sent_at) values (?, ?) on conflict do update set
           last_sent_at = excluded.last_sent_at, failing_since = null, last_error = null, dropped = 0`,
        ...[receiver, at],
      );
    });
  }

  /** `refused`: by the receiver itself, which will hardly think better of it. */
  failed(receiver: string, id: number, at: number, error: string, refused: boolean): void {
    this.#journal.transaction(() => {
      if (refused) {
        this.#journal.run('update alarm_queue set refusals = refusals + 1 where id = ?', id);
      }
      this.#journal.run(
        `insert into alarm_receivers (receiver, failing_since, last_error) values (?, ?, ?)
         on conflict do update set failing_since = coalesce(failing_since, excluded.failing_since),
           last_error = excluded.last_error`,
        ...[receiver, at, error],
      );
    });
  }

  /** Give a message up. */
  drop(receiver: string, id: number): void {
    this.#journal.transaction(() => {
      this.#journal.run('delete from alarm_queue where id = ?', id);
      this.#dropped(receiver, 1);
    });
  }

  receiver(receiver: string): ReceiverRecord {
    return (
      this.#journal.row('select * from alarm_receivers where receiver = ?', [receiver], (row) => ({
        lastSentAt: optionalInteger(row, 'last_sent_at'),
        failingSince: optionalInteger(row, 'failing_since'),
        lastError: optionalText(row, 'last_error'),
        dropped: integer(row, 'dropped'),
      })) ?? unknown
    );
  }

  /** Forget receivers that the settings no longer name. Returns how many messages waited for them. */
  keepOnly(receivers: readonly string[]): number {
    const named = JSON.stringify(receivers);
    const strange = 'receiver not in (select value from json_each(?))';
    return this.#journal.transaction(() => {
      this.#journal.run(`delete from alarm_receivers where ${strange}`, named);
      return this.#journal.run(`delete from alarm_queue where ${strange}`, named).changes;
    });
  }

  #dropped(receiver: string, messages: number): void {
    this.#journal.run(
      `insert into alarm_receivers (receiver, dropped) values (?, ?)
       on conflict do update set dropped = dropped + excluded.dropped`,
      ...[receiver, messages],
    );
  }
}
