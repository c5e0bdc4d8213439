import { integer, text, type Journal, type Row } from './journal.ts';
import type { UploadKind } from './ledger.ts';

/** A file that is to go up, with the bytes it had when it was last hashed. */
export interface OutgoingFile {
  readonly kind: UploadKind;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds, with the fractions of the disk: the same size and time mean the same bytes. */
  readonly modifiedMs: number;
  readonly sha256: string;
  /** Seen first with these bytes, Unix milliseconds. */
  readonly noticedAt: number;
}

const decode =
  (kind: UploadKind) =>
  (row: Row): OutgoingFile => ({
    kind,
    name: text(row, 'name'),
    size: integer(row, 'size'),
    modifiedMs: integer(row, 'modified_ms'),
    sha256: text(row, 'sha256'),
    noticedAt: integer(row, 'noticed_at'),
  });

/** What a branch has to send up, and what its hubs have acknowledged. */
export class OutgoingTable {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** By name. */
  all(kind: UploadKind): Map<string, OutgoingFile> {
    const rows = this.#journal.rows('select * from outgoing where kind = ?', [kind], decode(kind));
    return new Map(rows.map((file) => [file.name, file]));
  }

  record(files: readonly OutgoingFile[]): void {
    this.#journal.transaction(() => {
      for (const { kind, name, size, modifiedMs, sha256, noticedAt } of files) {
        this.#journal.run(
          `insert into outgoing (kind, name, size, modified_ms, sha256, noticed_at) values (?, ?, ?, ?, ?, ?)
           on conflict do update set size = excluded.size, modified_ms = excluded.modified_ms,
             noticed_at = iif(sha256 = excluded.sha256, noticed_at, excluded.noticed_at), sha256 = excluded.sha256`,
          kind,
          name,
          size,
          modifiedMs,
          sha256,
          noticedAt,
        );
      }
    });
  }

  /** They are no longer at this server. What was acknowledged stays known. */
  forget(kind: UploadKind, names: readonly string[]): void {
    this.#journal.transaction(() => {
      for (const name of names) {
        this.#journal.run('delete from outgoing where kind = ? and name = ?', kind, name);
      }
    });
  }

  /**
   * Tells whether one of these ledgers has acknowledged these bytes under this name, before `before` (Unix milliseconds)
   * when that is given.
   */
  acknowledged(
    kind: UploadKind,
    ledgers: readonly string[],
    before: number = Number.MAX_SAFE_INTEGER,
  ): (file: Pick<OutgoingFile, 'name' | 'sha256'>) => boolean {
    const keys = new Set(
      ledgers.flatMap((ledger) =>
        this.#journal.rows(
          'select name, sha256 from acknowledged where ledger = ? and kind = ? and at < ?',
          [ledger, kind, before],
          (row) => `${text(row, 'sha256')} ${text(row, 'name')}`,
        ),
      ),
    );
    return ({ name, sha256 }) => keys.has(`${sha256} ${name}`);
  }

  /** The ledger that a hub showed last; undefined before its first answer. */
  ledgerOf(peer: string): string | undefined {
    return this.#journal.fact(`ledger of ${peer}`);
  }

  noteLedger(peer: string, ledger: string): void {
    this.#journal.setFact(`ledger of ${peer}`, ledger);
  }

  /** All in one transaction, on the disk when it returns: only then may a file be purged. */
  acknowledge(
    ledger: string,
    files: readonly Pick<OutgoingFile, 'kind' | 'name' | 'sha256'>[],
    at: number,
  ): void {
    this.#journal.transaction(() => {
      for (const { kind, name, sha256 } of files) {
        this.#journal.run(
          `insert into acknowledged (ledger, kind, name, sha256, at) values (?, ?, ?, ?, ?)
           on conflict do update set sha256 = excluded.sha256, at = excluded.at`,
          ledger,
          kind,
          name,
          sha256,
          at,
        );
      }
    });
  }
}
