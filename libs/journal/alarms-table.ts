import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';

export const alarmSeverities = ['critical', 'warning'] as const;
export type AlarmSeverity = (typeof alarmSeverities)[number];

/** One alarm as it is remembered. Times are Unix milliseconds. */
export interface AlarmRecord {
  readonly id: number;
  readonly condition: string;
  /** Branch, disk, certificate …; empty for this server itself. */
  readonly about: string;
  readonly severity: AlarmSeverity;
  readonly what: string;
  readonly advice: string;
  readonly code: string | undefined;
  readonly since: number;
  readonly raisedAt: number;
  readonly raiseToldAt: number | undefined;
  readonly clearedAt: number | undefined;
  readonly clearToldAt: number | undefined;
}

export type NewAlarm = Pick<
  AlarmRecord,
  'condition' | 'about' | 'severity' | 'what' | 'advice' | 'code' | 'since' | 'raisedAt'
>;

const decode = (row: Row): AlarmRecord => ({
  id: integer(row, 'id'),
  condition: text(row, 'condition'),
  about: text(row, 'about'),
  severity: text(row, 'severity') === 'critical' ? 'critical' : 'warning',
  what: text(row, 'what'),
  advice: text(row, 'advice'),
  code: optionalText(row, 'code'),
  since: integer(row, 'since'),
  raisedAt: integer(row, 'raised_at'),
  raiseToldAt: optionalInteger(row, 'raise_told_at'),
  clearedAt: optionalInteger(row, 'cleared_at'),
  clearToldAt: optionalInteger(row, 'clear_told_at'),
});

/** How many alarms that are over are remembered. */
const kept = 1_000;

/** The alarms of this server: active ones all, ended ones the newest. */
export class AlarmsTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  active(): AlarmRecord[] {
    return this.#journal.rows(
      'select * from alarms where cleared_at is null order by id',
      [],
      decode,
    );
  }

  raise(alarm: NewAlarm): AlarmRecord {
    const { condition, about, severity, what, advice, code, since, raisedAt } = alarm;
    const { id } = this.#journal.run(
      `insert into alarms (condition, about, severity, what, advice, code, since, raised_at)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[condition, about, severity, what, advice, code ?? null, since, raisedAt],
    );
    return { ...alarm, id, raiseToldAt: undefined, clearedAt: undefined, clearToldAt: undefined };
  }

  /** What nobody was told of needs no all-clear. */
  clear(id: number, at: number): void {
    this.#journal.run(
      `update alarms set cleared_at = ?, clear_told_at = iif(raise_told_at is null, ?, null),
         raise_told_at = coalesce(raise_told_at, ?) where id = ?`,
      ...[at, at, at, id],
    );
  }

  /** Over, and nobody is to be told. */
  retire(id: number, at: number): void {
    this.#journal.run(
      `update alarms set cleared_at = ?, clear_told_at = ?, raise_told_at = coalesce(raise_told_at, ?)
       where id = ?`,
      ...[at, at, at, id],
    );
  }

  /** Raised or ended without anybody having been told, oldest first. */
  untold(): AlarmRecord[] {
    return this.#journal.rows(
      `select * from alarms
       where raise_told_at is null or (cleared_at is not null and clear_told_at is null) order by id`,
      [],
      decode,
    );
  }

  told({ id, clearedAt }: AlarmRecord, at: number): void {
    const column = clearedAt === undefined ? 'raise_told_at' : 'clear_told_at';
    this.#journal.run(`update alarms set ${column} = ? where id = ?`, at, id);
  }

  /** When something of this condition was last told. */
  lastTold(condition: string): number | undefined {
    const sql = `select max(max(coalesce(raise_told_at, 0)), max(coalesce(clear_told_at, 0))) as at
      from alarms where condition = ?`;
    return this.#journal.row(sql, [condition], (row) => optionalInteger(row, 'at')) ?? undefined;
  }

  /** Those that are over, the last first. */
  ended(limit: number): AlarmRecord[] {
    return this.#journal.rows(
      'select * from alarms where cleared_at is not null order by cleared_at desc, id desc limit ?',
      [limit],
      decode,
    );
  }

  /** Forget what was over long ago; what is still to be told stays. */
  prune(): void {
    this.#journal.run(
      `delete from alarms where clear_told_at is not null and id not in
         (select id from alarms where cleared_at is not null order by cleared_at desc, id desc limit ?)`,
      kept,
    );
  }
}
