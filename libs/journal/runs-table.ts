import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';

/** One sync run as it is remembered. Times are Unix milliseconds. */
export interface RunRecord {
  readonly id: string;
  readonly what: string;
  readonly state: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

const decode = (row: Row): RunRecord => ({
  id: text(row, 'id'),
  what: text(row, 'what'),
  state: text(row, 'state'),
  startedAt: integer(row, 'started_at'),
  endedAt: optionalInteger(row, 'ended_at'),
  code: optionalText(row, 'code'),
  message: optionalText(row, 'message'),
});

/** How many runs are remembered: a month of hourly ones. */
const kept = 750;

/** The sync runs of this server, newest kept. */
export class RunsTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  save(run: RunRecord): void {
    this.#journal.transaction(() => {
      this.#journal.run(
        `insert into runs (id, what, state, started_at, ended_at, code, message) values (?, ?, ?, ?, ?, ?, ?)
         on conflict do update set state = excluded.state, ended_at = excluded.ended_at,
           code = excluded.code, message = excluded.message`,
        run.id,
        run.what,
        run.state,
        run.startedAt,
        run.endedAt ?? null,
        run.code ?? null,
        run.message ?? null,
      );
      this.#journal.run(
        'delete from runs where id not in (select id from runs order by started_at desc limit ?)',
        kept,
      );
    });
  }

  /** A run that was on when the process died will never end: say so. */
  closeInterrupted(at: number): void {
    this.#journal.run(
      `update runs set state = 'failed', ended_at = ?, code = 'INTERRUPTED',
         message = 'the server was stopped during this run' where state = 'running'`,
      at,
    );
  }

  /** Newest first. */
  recent(limit: number): RunRecord[] {
    return this.#journal.rows(
      'select * from runs order by started_at desc limit ?',
      [limit],
      decode,
    );
  }
}
