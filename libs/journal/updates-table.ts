import { integer, optionalInteger, text, type Journal, type Row } from './journal.ts';

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

/** An update as a hub has signed it. */
export interface SignedUpdate extends UpdateRecord {
  /** The first release that has these bytes under this name; undefined until it is signed. */
  readonly release: number | undefined;
}

/** What lay in Updates under a name before. Times are Unix milliseconds. */
export interface EarlierUpdate {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly publishedAt: number;
  /** When it was replaced or withdrawn. */
  readonly endedAt: number;
}

/** Earlier versions that are remembered, of one name and of all. */
const remembered = { each: 10, all: 10_000 };

const decode = (row: Row): UpdateRecord => ({
  name: text(row, 'name'),
  size: integer(row, 'size'),
  modifiedMs: integer(row, 'modified_ms'),
  sha256: text(row, 'sha256'),
  publishedAt: integer(row, 'published_at'),
  origin: text(row, 'origin') === 'upstream' ? 'upstream' : 'local',
});

const decodeSigned = (row: Row): SignedUpdate => ({
  ...decode(row),
  release: optionalInteger(row, 'release'),
});

const decodeEarlier = (row: Row): EarlierUpdate => ({
  name: text(row, 'name'),
  size: integer(row, 'size'),
  sha256: text(row, 'sha256'),
  publishedAt: integer(row, 'published_at'),
  endedAt: integer(row, 'ended_at'),
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

  /** Other bytes under a name, which has none any more when `update` is undefined; what was there is remembered. */
  replace(known: UpdateRecord, update: UpdateRecord | undefined, at: number): void {
    this.#journal.transaction(() => {
      this.#journal.run('delete from updates where name = ?', known.name);
      if (update !== undefined) this.record(update);
      this.remember({ ...known, endedAt: at });
    });
  }

  /** Bytes that were published under a name once. */
  remember({ name, sha256, size, publishedAt, endedAt }: EarlierUpdate): void {
    this.#journal.transaction(() => {
      this.#journal.run(
        'insert into update_versions (name, sha256, size, published_at, ended_at) values (?, ?, ?, ?, ?)',
        name,
        sha256,
        size,
        publishedAt,
        endedAt,
      );
      this.#journal.run(
        `delete from update_versions where name = ? and id not in
         (select id from update_versions where name = ? order by id desc limit ?)`,
        name,
        name,
        remembered.each,
      );
      this.#journal.run(
        `delete from update_versions where id <= (select max(id) from update_versions) - ?`,
        remembered.all,
      );
    });
  }

  /** Some of them in the order of their names, each with its release. */
  signed(limit: number, offset: number): SignedUpdate[] {
    return this.#journal.rows(
      'select * from updates order by name limit ? offset ?',
      [limit, offset],
      decodeSigned,
    );
  }

  count(): number {
    return (
      this.#journal.row('select count(*) as n from updates', [], (row) => integer(row, 'n')) ?? 0
    );
  }

  /** These bytes are in this release; what was in an earlier one keeps that. */
  noteRelease(
    release: number,
    targets: readonly { readonly name: string; readonly sha256: string }[],
  ): void {
    const unsigned = this.#journal.rows(
      'select * from updates where release is null',
      [],
      decodeSigned,
    );
    if (unsigned.length === 0) return;
    const signed = new Map(targets.map(({ name, sha256 }) => [name, sha256]));
    this.#journal.transaction(() => {
      for (const { name, sha256 } of unsigned) {
        if (signed.get(name) !== sha256) continue;
        this.#journal.run('update updates set release = ? where name = ?', release, name);
      }
    });
  }

  /** What was published under a name before, newest first. */
  earlier(name: string): EarlierUpdate[] {
    return this.#journal.rows(
      'select * from update_versions where name = ? order by id desc',
      [name],
      decodeEarlier,
    );
  }

  /** The last version of each name that is no longer in Updates, newest first. */
  withdrawn(limit: number): EarlierUpdate[] {
    return this.#journal.rows(
      `select * from update_versions where id in (select max(id) from update_versions group by name)
       and name not in (select name from updates) order by id desc limit ?`,
      [limit],
      decodeEarlier,
    );
  }
}
