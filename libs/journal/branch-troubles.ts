import { integer, optionalInteger, text, type Journal, type Row } from './journal.ts';

/** Something that a branch suffers from, as it tells it. */
export interface ToldTrouble {
  /** The file that is concerned, if one is. */
  readonly name?: string | undefined;
  readonly code: string;
  readonly message: string;
}

/** The same as the hub remembers it. Times are Unix milliseconds, by the hub's clock. */
export interface BranchTrouble extends ToldTrouble {
  readonly firstAt: number;
  readonly lastAt: number;
  /** Undefined while it lasts. */
  readonly endedAt: number | undefined;
}

/** Ended troubles that are remembered of each branch. */
const kept = 50;

const decode = (row: Row): BranchTrouble => ({
  name: text(row, 'name') === '' ? undefined : text(row, 'name'),
  code: text(row, 'code'),
  message: text(row, 'message'),
  firstAt: integer(row, 'first_at'),
  lastAt: integer(row, 'last_at'),
  endedAt: optionalInteger(row, 'ended_at'),
});

const keyOf = ({ code, name }: Pick<ToldTrouble, 'code' | 'name'>): string =>
  `${code} ${name ?? ''}`;

/** What has gone wrong at each branch: begun, last told, ended. */
export class BranchTroubles {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** All that a branch suffers from now; what it no longer names has ended. Within the caller's transaction. */
  note(branch: string, told: readonly ToldTrouble[], at: number): void {
    const open = new Map(
      this.#journal
        .rows(
          'select id, code, name from branch_troubles where branch = ? and ended_at is null',
          [branch],
          (row) => ({ id: integer(row, 'id'), code: text(row, 'code'), name: text(row, 'name') }),
        )
        .map((trouble) => [keyOf(trouble), trouble]),
    );
    for (const [key, trouble] of new Map(told.map((trouble) => [keyOf(trouble), trouble]))) {
      const known = open.get(key);
      open.delete(key);
      if (known === undefined) this.#begin(branch, trouble, at);
      else {
        this.#journal.run(
          'update branch_troubles set last_at = ?, message = ? where id = ?',
          at,
          trouble.message,
          known.id,
        );
      }
    }
    for (const { id } of open.values()) {
      this.#journal.run('update branch_troubles set ended_at = ? where id = ?', at, id);
    }
    if (open.size > 0) this.#forget(branch);
  }

  /** Those that last first, then the newest. */
  of(branch: string, limit: number): BranchTrouble[] {
    return this.#journal.rows(
      `select * from branch_troubles where branch = ?
       order by ended_at is null desc, id desc limit ?`,
      [branch, limit],
      decode,
    );
  }

  #begin(branch: string, { code, name, message }: ToldTrouble, at: number): void {
    this.#journal.run(
      `insert into branch_troubles (branch, code, name, message, first_at, last_at)
       values (?, ?, ?, ?, ?, ?)`,
      branch,
      code,
      name ?? '',
      message,
      at,
      at,
    );
  }

  #forget(branch: string): void {
    this.#journal.run(
      `delete from branch_troubles where branch = ? and ended_at is not null and id not in
         (select id from branch_troubles where branch = ? and ended_at is not null
          order by id desc limit ?)`,
      branch,
      branch,
      kept,
    );
  }
}
