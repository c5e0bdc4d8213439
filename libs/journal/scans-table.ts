import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';

export const scanStates = ['running', 'done', 'cancelled', 'failed'] as const;
export type ScanState = (typeof scanStates)[number];

/** Who asked for a scan. */
export const scanAskers = ['command', 'schedule', 'api'] as const;
export type ScanAsker = (typeof scanAskers)[number];

/** One scan of telephone firmware as it is remembered. Times are Unix milliseconds. */
export interface ScanRecord {
  readonly id: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly state: ScanState;
  readonly askedBy: ScanAsker;
  /** For people. */
  readonly ranges: string;
  readonly addresses: number;
  /** JSON; its shape belongs to the scan. */
  readonly summary: string;
  /** What its files in the folder of scans begin with. */
  readonly files: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** What was found at one address. */
export interface ScannedRow {
  /** The address as a number. */
  readonly place: number;
  readonly kind: string;
  readonly failed: boolean;
  /** JSON; its shape belongs to the scan. */
  readonly phone: string;
  /** What people look for. */
  readonly words: string;
}

export interface ScannedQuery {
  /** Rows of these kinds; undefined for all. */
  readonly kinds?: readonly string[] | undefined;
  readonly failed?: boolean | undefined;
  /** Somewhere in its words, whatever the case of letters. */
  readonly text?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Scans that are remembered. */
const maxScans = 200;
/** Telephones that are: of the newest scan all, of those before it as many scans as fit. */
const maxRows = 100_000;

const decode = (row: Row): ScanRecord => ({
  id: text(row, 'id'),
  startedAt: integer(row, 'started_at'),
  endedAt: optionalInteger(row, 'ended_at'),
  state: stateOf(text(row, 'state')),
  askedBy: scanAskers.find((asker) => asker === text(row, 'asked_by')) ?? 'api',
  ranges: text(row, 'ranges'),
  addresses: integer(row, 'addresses'),
  summary: text(row, 'summary'),
  files: optionalText(row, 'files'),
  code: optionalText(row, 'code'),
  message: optionalText(row, 'message'),
});

const stateOf = (state: string): ScanState =>
  scanStates.find((known) => known === state) ?? 'failed';

/** The scans of this server, newest kept. */
export class ScansTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  save(scan: ScanRecord): void {
    this.#journal.run(
      `insert into scans (id, started_at, ended_at, state, asked_by, ranges, addresses, summary, files, code, message)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict do update set ended_at = excluded.ended_at, state = excluded.state,
         summary = excluded.summary, files = excluded.files, code = excluded.code, message = excluded.message`,
      scan.id,
      scan.startedAt,
      scan.endedAt ?? null,
      scan.state,
      scan.askedBy,
      scan.ranges,
      scan.addresses,
      scan.summary,
      scan.files ?? null,
      scan.code ?? null,
      scan.message ?? null,
    );
  }

  /** All or nothing, with how far the scan is; some hundred at a time, as a commit holds the event loop. */
  add(scan: string, rows: readonly ScannedRow[], summary: string): void {
    this.#journal.transaction(() => {
      for (const { place, kind, failed, phone, words } of rows) {
        this.#journal.run(
          'insert into scanned_phones (scan, place, kind, failed, phone, words) values (?, ?, ?, ?, ?, ?) on conflict do nothing',
          scan,
          place,
          kind,
          failed ? 1 : 0,
          phone,
          words.toLowerCase(),
        );
      }
      this.#journal.run('update scans set summary = ? where id = ?', summary, scan);
    });
  }

  /** Forget what is too much; returns true when there may be more. */
  prune(): boolean {
    return this.#journal.transaction(() => {
      this.#journal.run(
        'delete from scans where id not in (select id from scans order by started_at desc limit ?)',
        maxScans,
      );
      const { changes } = this.#journal.run(
        `delete from scanned_phones where (scan, place) in (
           select scan, place from scanned_phones where scan in (
             select id from (
               select id, sum(addresses) over newest as total, row_number() over newest as rank
               from scans window newest as (order by started_at desc rows unbounded preceding)
             ) where rank > 1 and total > ?
           ) limit ?)`,
        maxRows,
        prunedAtOnce,
      );
      return changes === prunedAtOnce;
    });
  }

  /** A scan that was on when its process died will never end: say so. */
  closeInterrupted(at: number): void {
    this.#journal.run(
      `update scans set state = 'failed', ended_at = ?, code = 'INTERRUPTED',
         message = 'its program was stopped during this scan; what it had learned is kept'
       where state = 'running'`,
      at,
    );
  }

  find(id: string): ScanRecord | undefined {
    return this.#journal.row('select * from scans where id = ?', [id], decode);
  }

  /** Newest first. */
  recent(limit: number): ScanRecord[] {
    return this.#journal.rows(
      'select * from scans order by started_at desc limit ?',
      [limit],
      decode,
    );
  }

  /** The newest that came to its end. */
  lastDone(): ScanRecord | undefined {
    return this.#journal.row(
      "select * from scans where state = 'done' order by started_at desc limit 1",
      [],
      decode,
    );
  }

  /** In the order of the addresses. */
  phones(scan: string, query: ScannedQuery): { total: number; phones: string[] } {
    const { kinds, failed, text: wanted = '' } = query;
    const conditions = [
      'scan = ?',
      ...(kinds === undefined ? [] : ['kind in (select value from json_each(?))']),
      ...(failed === true ? ['failed = 1'] : []),
      ...(wanted === '' ? [] : ['instr(words, ?) > 0']),
    ].join(' and ');
    const parameters = [
      scan,
      ...(kinds === undefined ? [] : [JSON.stringify(kinds)]),
      ...(wanted === '' ? [] : [wanted.toLowerCase()]),
    ];
    const total = this.#journal.row(
      `select count(*) as total from scanned_phones where ${conditions}`,
      parameters,
      (row) => integer(row, 'total'),
    );
    const phones = this.#journal.rows(
      `select phone from scanned_phones where ${conditions} order by place limit ? offset ?`,
      [...parameters, query.limit, query.offset],
      (row) => text(row, 'phone'),
    );
    return { total: total ?? 0, phones };
  }

  /** What was found behind `place`, in the order of the addresses. */
  phonesBehind(scan: string, place: number, limit: number): { place: number; phone: string }[] {
    return this.#journal.rows(
      'select place, phone from scanned_phones where scan = ? and place > ? order by place limit ?',
      [scan, place, limit],
      (row) => ({ place: integer(row, 'place'), phone: text(row, 'phone') }),
    );
  }
}

const prunedAtOnce = 5_000;
