import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';

export type PublicationState = 'staging' | 'staged' | 'published' | 'refused' | 'undone';

/** One attempt to bring one update to the trees. Times are Unix milliseconds. */
export interface Publication {
  readonly id: number;
  readonly name: string;
  readonly sha256: string;
  readonly state: PublicationState;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly createdAt: number;
  readonly finishedAt: number | undefined;
  /** Id of the publication that this one undoes. */
  readonly undoes: number | undefined;
  /** True when the trees hold, after it, what was there before these bytes. */
  readonly rolledBack: boolean;
  /** True when it is no update, but files of the other server of a pair; `name` is their tree. */
  readonly paired: boolean;
}

/** A line of the intent journal: staged file `ordinal` becomes `name` in `tree`. */
export interface PublicationFile {
  readonly ordinal: number;
  readonly tree: 'TFTP' | 'FTP' | 'HTTP' | 'HTTPS';
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

const decode = (row: Row): Publication => ({
  id: integer(row, 'id'),
  name: text(row, 'name'),
  sha256: text(row, 'sha256'),
  state: decodeState(text(row, 'state')),
  code: optionalText(row, 'code'),
  reason: optionalText(row, 'reason'),
  createdAt: integer(row, 'created_at'),
  finishedAt: optionalInteger(row, 'finished_at'),
  undoes: optionalInteger(row, 'undoes'),
  rolledBack: integer(row, 'rolled_back') === 1,
  paired: integer(row, 'paired') === 1,
});

const decodeFile = (row: Row): PublicationFile => ({
  ordinal: integer(row, 'ordinal'),
  tree: decodeTree(text(row, 'tree')),
  name: text(row, 'name'),
  size: integer(row, 'size'),
  sha256: text(row, 'sha256'),
});

/** The intent journal of publishing: after a crash it says what to finish and what to throw away. */
export class PublicationsTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Start one; nothing of it counts until `staged`. Returns its id. */
  begin(name: string, sha256: string, at: number): number {
    return this.#journal.run(
      `insert into publications (name, sha256, state, created_at) values (?, ?, 'staging', ?)`,
      name,
      sha256,
      at,
    ).id;
  }

  /** Start undoing one: its row says of the same bytes that they are no longer in the trees, or that they are again. */
  beginUndoing({ id, name, sha256, rolledBack }: Publication, at: number): number {
    return this.#journal.run(
      `insert into publications (name, sha256, state, created_at, undoes, rolled_back)
       values (?, ?, 'staging', ?, ?, ?)`,
      name,
      sha256,
      at,
      id,
      rolledBack ? 0 : 1,
    ).id;
  }

  /** Start bringing files of the other server to a tree. Returns its id. */
  beginPaired(tree: PublicationFile['tree'], at: number): number {
    return this.#journal.run(
      `insert into publications (name, sha256, state, created_at, paired) values (?, '', 'staging', ?, 1)`,
      tree,
      at,
    ).id;
  }

  /** A paired one that only keeps an earlier version: over as soon as that is on the disk. */
  kept(id: number, file: PublicationFile, at: number): void {
    this.#journal.transaction(() => {
      this.staged(id, [file]);
      this.published(id, at);
    });
  }

  /** What is no update and came to nothing: as if nobody had asked, or the update would count as not published yet. */
  forget(id: number): void {
    this.#journal.run(`delete from publications where id = ? and state = 'staging'`, id);
  }

  /** What a finished publication replaced is kept no longer: it cannot be undone. */
  forgetFiles(id: number): void {
    this.#journal.run(
      `delete from publication_files where publication in
       (select id from publications where id = ? and state not in ('staging', 'staged'))`,
      id,
    );
  }

  /** Every file is staged and on disk: from here on a crash is rolled forward. */
  staged(id: number, files: readonly PublicationFile[]): void {
    this.#journal.transaction(() => {
      for (const file of files) {
        this.#journal.run(
          'insert into publication_files (publication, ordinal, tree, name, size, sha256) values (?, ?, ?, ?, ?, ?)',
          id,
          file.ordinal,
          file.tree,
          file.name,
          file.size,
          file.sha256,
        );
      }
      this.#journal.run(`update publications set state = 'staged' where id = ?`, id);
    });
  }

  published(id: number, at: number): void {
    this.#journal.run(
      `update publications set state = 'published', finished_at = ? where id = ?`,
      at,
      id,
    );
  }

  /** Refused for good: these bytes are not tried again. */
  refused(id: number, code: string, reason: string, at: number): void {
    this.#journal.run(
      `update publications set state = 'refused', code = ?, reason = ?, finished_at = ? where id = ?`,
      code,
      reason,
      at,
      id,
    );
  }

  /** Given up before it was staged (a crash, a full disk): it will be tried again. */
  undone(id: number, code: string, reason: string, at: number): void {
    this.#journal.run(
      `update publications set state = 'undone', code = ?, reason = ?, finished_at = ? where id = ?`,
      code,
      reason,
      at,
      id,
    );
  }

  /** The last word on a name, whatever its bytes were; undefined when it never was tried. */
  newest(name: string): Publication | undefined {
    return this.#journal.row(
      'select * from publications where name = ? and paired = 0 order by id desc limit 1',
      [name],
      decode,
    );
  }

  /** The last word on every name, in one question: ten thousand single ones would hold the loop. */
  newestOfEach(): Map<string, Publication> {
    const rows = this.#journal.rows(
      `select * from publications where id in
       (select max(id) from publications where paired = 0 group by name)`,
      [],
      decode,
    );
    return new Map(rows.map((row) => [row.name, row]));
  }

  /** The bytes of a name that are in the trees, or were before they were undone; undefined when none ever were. */
  lastPublished(name: string): Publication | undefined {
    return this.#journal.row(
      `select * from publications where name = ? and state = 'published' and paired = 0
       order by id desc limit 1`,
      [name],
      decode,
    );
  }

  inState(state: PublicationState): Publication[] {
    return this.#journal.rows(
      'select * from publications where state = ? order by id',
      [state],
      decode,
    );
  }

  /** Those of files of the other server. */
  pairedIds(): Set<number> {
    return new Set(
      this.#journal.rows('select id from publications where paired = 1', [], (row) =>
        integer(row, 'id'),
      ),
    );
  }

  /** Changes whenever one more is published. */
  publishedMark(): string | undefined {
    return this.#journal.row(
      `select count(*) || ' ' || coalesce(max(id), 0) as mark from publications where state = 'published'`,
      [],
      (row) => text(row, 'mark'),
    );
  }

  /** Newest first. */
  recent(limit: number): Publication[] {
    return this.#journal.rows(
      'select * from publications order by id desc limit ?',
      [limit],
      decode,
    );
  }

  /** In switching order. */
  files(id: number): PublicationFile[] {
    return this.#journal.rows(
      'select * from publication_files where publication = ? order by ordinal',
      [id],
      decodeFile,
    );
  }

  /**
   * Forget all but the newest `keep` finished attempts at updates, and as many of files of the other server: a table that only
   * grows is a fault in waiting.
   */
  prune(keep: number): void {
    this.#journal.run(
      `delete from publications where state in ('undone', 'refused', 'published') and paired = 0
       and id not in (select max(id) from publications where paired = 0 group by name)
       and id not in (select id from publications where paired = 0 order by id desc limit ?)`,
      keep,
    );
    this.#journal.run(
      `delete from publications where state = 'published' and paired = 1
       and id not in (select id from publications where paired = 1 order by id desc limit ?)`,
      keep,
    );
  }
}

function decodeState(value: string): PublicationState {
  switch (value) {
    case 'staging':
    case 'staged':
    case 'published':
    case 'refused':
      return value;
    default:
      return 'undone';
  }
}

function decodeTree(value: string): PublicationFile['tree'] {
  switch (value) {
    case 'TFTP':
    case 'FTP':
    case 'HTTPS':
      return value;
    default:
      return 'HTTP';
  }
}
