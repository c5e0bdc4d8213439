import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import Database from 'better-sqlite3';
import { asBranchlineError, BranchlineError, systemCode } from '#libs/errors';

/** The folder of migrations; a file's leading number is the version that it produces. */
const migrations = path.dirname(fileURLToPath(import.meta.resolve('#sql/001-spine.sql')));

/** 'BRLN': a database that is not ours is refused. */
const applicationId = 0x42_52_4c_4e;

/**
 * The server's SQLite file: opened, checked and brought to the newest schema.
 * WAL with synchronous=FULL: what was committed survives a power cut; NORMAL was seen to lose 500 commits.
 */
export class Journal {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();
  readonly #file: string;

  /** `:memory:` for tests. @throws BranchlineError JOURNAL_UNUSABLE. */
  constructor(file: string) {
    this.#file = file;
    try {
      this.#db = new Database(file, { timeout: 5_000 });
      this.#db.pragma('journal_mode = WAL');
      this.#db.pragma('synchronous = FULL');
      this.#db.pragma('foreign_keys = ON');
      this.#migrate();
    } catch (error) {
      throw asJournalError(file, error);
    }
  }

  /** Rows of a query; the caller's decoder turns each into a typed value. */
  rows<T>(sql: string, parameters: readonly unknown[], decode: (row: Row) => T): T[] {
    return this.#statement(sql)
      .all(...parameters)
      .map((row) => decode(asRow(row)));
  }

  row<T>(sql: string, parameters: readonly unknown[], decode: (row: Row) => T): T | undefined {
    return this.rows(sql, parameters, decode)[0];
  }

  /** Returns the number of rows changed, and the id of a row inserted. */
  run(sql: string, ...parameters: readonly unknown[]): { changes: number; id: number } {
    const result = this.#written(() => this.#statement(sql).run(...parameters));
    return { changes: result.changes, id: Number(result.lastInsertRowid) };
  }

  /** All or nothing; nested calls join the outer transaction. */
  transaction<T>(work: () => T): T {
    if (this.#db.inTransaction) return work();
    return this.#written(() => this.#db.transaction(work).immediate());
  }

  /** A number that changes whenever another process has committed to this file. */
  dataVersion(): number {
    return Number(this.#db.pragma('data_version', { simple: true }));
  }

  fact(key: string): string | undefined {
    return this.row('select value from facts where key = ?', [key], (row) => text(row, 'value'));
  }

  setFact(key: string, value: string): void {
    this.run(
      'insert into facts values (?, ?) on conflict do update set value = excluded.value',
      key,
      value,
    );
  }

  /**
   * A whole copy of one moment in a new file, while other processes read and write on; this one stands still meanwhile. SQLite's
   * online backup would begin anew at each of their writes.
   */
  copyTo(file: string): void {
    this.#db.prepare('vacuum into ?').run(file);
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  /** @throws BranchlineError DISK_FULL, and then nothing was written. */
  #written<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (systemCode(error) !== 'SQLITE_FULL') throw error;
      throw new BranchlineError(
        'DISK_FULL',
        `no space left for the database ${this.#file}: free some on that disk, the work goes on by itself`,
        { cause: error },
      );
    }
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #migrate(): void {
    const id = this.#db.pragma('application_id', { simple: true });
    const version = Number(this.#db.pragma('user_version', { simple: true }));
    if (id !== applicationId && !(id === 0 && version === 0)) {
      throw new BranchlineError(
        'JOURNAL_UNUSABLE',
        `${this.#file} is a database of another program`,
      );
    }
    const files = readdirSync(migrations)
      .filter((name) => name.endsWith('.sql'))
      .toSorted();
    const newest = Number.parseInt(files.at(-1) ?? '0', 10);
    if (version > newest) {
      throw new BranchlineError(
        'JOURNAL_UNUSABLE',
        `${this.#file} was written by a newer Branchline (schema ${version}, this one knows ${newest}); install that version again`,
      );
    }
    for (const name of files.filter((file) => Number.parseInt(file, 10) > version)) {
      this.transaction(() => {
        this.#db.exec(readFileSync(path.join(migrations, name), 'utf8'));
        this.#db.pragma(`user_version = ${Number.parseInt(name, 10)}`);
        this.#db.pragma(`application_id = ${applicationId}`);
      });
    }
  }
}

/** One row as SQLite gives it, before its columns are decoded. */
export type Row = Readonly<Record<string, unknown>>;

function asRow(value: unknown): Row {
  if (isRow(value)) return value;
  throw new BranchlineError(
    'JOURNAL_UNUSABLE',
    'the database answered something that is not a row',
  );
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new BranchlineError('JOURNAL_UNUSABLE', `column ${column} is not text`);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new BranchlineError('JOURNAL_UNUSABLE', `column ${column} is not a number`);
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

function asJournalError(file: string, error: unknown): BranchlineError {
  if (error instanceof BranchlineError) return error;
  const { message } = asBranchlineError(error);
  return new BranchlineError(
    'JOURNAL_UNUSABLE',
    `the database ${file} cannot be opened: ${message}; check that the folder exists and belongs to this user`,
    { cause: error },
  );
}
