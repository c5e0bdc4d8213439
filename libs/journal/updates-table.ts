import { integer, text, type Journal, type Row } from './journal.ts';

/** One file of this server's own Updates folder. Times are Unix milliseconds, sizes bytes. */
export interface UpdateRecord {
  readonly name: string;
  readonly size: number;
  /** Of the file when it was hashed: the same size and time mean the same bytes. */
  readonly modifiedMs: number;
  readonly sha256: string;
  /** When head office first published these bytes; carried on unchanged down a chain of hubs. */
  readonly publishedAt: number;
  readonly origin: 'local' | 'upstream';
}

const decode = (row: Row): UpdateRecord => ({
  name: text(row, 'name'),
  size: integer(row, 'size'),
  modifiedMs: integer(row, 'modified_ms'),
  sha256: text(row, 'sha256'),
  publishedAt: integer(row, 'published_at'),
  origin: text(row, 'origin') === 'upstream' ? 'upstream' : 'local',
});

/** What lies in Updates and has been hashed. */
export class UpdatesTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  all(): UpdateRecord[] {
    return this.#journal.rows('select * from updates order by name', [], decode);
  }

  find(name: string): UpdateRecord | undefined {
    return this.#journal.row('select * from updates where name = ?', [name], decode);
  }

  record(update: UpdateRecord): void {
    this.#journal.run(
      `insert into updates (name, size, modified_ms, sha256, published_at, origin) values (?, ?, ?, ?, ?, ?)
       on conflict do update set size = excluded.size, modified_ms = excluded.modified_ms,
         sha256 = excluded.sha256, published_at = excluded.published_at, origin = excluded.origin`,
      update.name,
      update.size,
      update.modifiedMs,
      update.sha256,
      update.publishedAt,
      update.origin,
    );
  }

  remove(name: string): void {
    this.#journal.run('delete from updates where name = ?', name);
  }
}
