import { integer, optionalText, text, type Journal, type Row } from './journal.ts';

/** A silence with an end: of one alarm, or of all. Times are Unix milliseconds. */
export interface AlarmMute {
  readonly id: number;
  /** Undefined for all alarms. */
  readonly alarm: { readonly condition: string; readonly about: string } | undefined;
  readonly by: string;
  readonly from: number;
  readonly until: number;
}

const decode = (row: Row): AlarmMute => {
  const condition = optionalText(row, 'condition');
  return {
    id: integer(row, 'id'),
    alarm:
      condition === undefined ? undefined : { condition, about: optionalText(row, 'about') ?? '' },
    by: text(row, 'by_whom'),
    from: integer(row, 'from_at'),
    until: integer(row, 'until_at'),
  };
};

/** The mutes that are on, and those whose end is still to be told. */
export class AlarmMutesTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  all(): AlarmMute[] {
    return this.#journal.rows('select * from alarm_mutes order by id', [], decode);
  }

  add({ alarm, by, from, until }: Omit<AlarmMute, 'id'>): AlarmMute {
    const { id } = this.#journal.run(
      'insert into alarm_mutes (condition, about, by_whom, from_at, until_at) values (?, ?, ?, ?, ?)',
      ...[alarm?.condition ?? null, alarm?.about ?? null, by, from, until],
    );
    return { id, alarm, by, from, until };
  }

  remove(id: number): void {
    this.#journal.run('delete from alarm_mutes where id = ?', id);
  }
}
