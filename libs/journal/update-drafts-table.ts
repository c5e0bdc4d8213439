import { integer, text, type Journal, type Row } from './journal.ts';

/** An upload that was looked at and is not published. Times are Unix milliseconds, sizes bytes. */
export interface UpdateDraft {
  readonly id: string;
  /** Under which it would be published. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: number;
  /** Who uploaded it, for people. */
  readonly by: string;
}

const decode = (row: Row): UpdateDraft => ({
  id: text(row, 'id'),
  name: text(row, 'name'),
  size: integer(row, 'size'),
  sha256: text(row, 'sha256'),
  createdAt: integer(row, 'created_at'),
  by: text(row, 'by'),
});

/** What was uploaded and waits for a decision. */
export class UpdateDraftsTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Newest first. */
  all(): UpdateDraft[] {
    return this.#journal.rows(
      'select * from update_drafts order by created_at desc, id',
      [],
      decode,
    );
  }

  find(id: string): UpdateDraft | undefined {
    return this.#journal.row('select * from update_drafts where id = ?', [id], decode);
  }

  add({ id, name, size, sha256, createdAt, by }: UpdateDraft): void {
    this.#journal.run(
      'insert into update_drafts (id, name, size, sha256, created_at, by) values (?, ?, ?, ?, ?, ?)',
      id,
      name,
      size,
      sha256,
      createdAt,
      by,
    );
  }

  remove(id: string): void {
    this.#journal.run('delete from update_drafts where id = ?', id);
  }
}
