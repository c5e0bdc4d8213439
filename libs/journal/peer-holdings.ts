import { integer, text, type Journal } from './journal.ts';
import type { UploadIdentity, UploadKind } from './ledger.ts';
import { decodeKind } from './sqlite-ledger.ts';

/** What is known of the bytes of a file that lies at a hub. Unix milliseconds. */
export interface StoredBytes {
  /** By the branch's clock. */
  readonly modified: number;
  /** When they came there from the branch. */
  readonly received: number;
  /** Of a backup: when it was saved, as hubs compare it. */
  readonly saved: number;
}

/** A file that the other hub of a pair holds and this one lacks. */
export interface LackingFile extends UploadIdentity {
  readonly stored: StoredBytes;
  /** The collector has it. */
  readonly delivered: boolean;
}

/** Bytes. */
export interface SizeRange {
  readonly over?: number;
  readonly upTo?: number;
}

/** What the other hub of a pair has and this one lacks, as far as it was read (docs/protocol.md § 10). */
export class PeerHoldings {
  readonly #journal: Journal;
  readonly #kinds: string;

  /** `kinds` = what is taken here. */
  constructor(journal: Journal, kinds: readonly UploadKind[]) {
    this.#journal = journal;
    this.#kinds = JSON.stringify(kinds);
  }

  /** What to fetch next, by size in bytes: first what the collector has not got, in the order in which the other hub changed. */
  next(
    limit: number,
    { over = -1, upTo = Number.MAX_SAFE_INTEGER }: SizeRange = {},
  ): LackingFile[] {
    return this.#journal.rows(
      `select * from peer_held
       where lacking = 1 and kind in (select value from json_each(?)) and size > ? and size <= ?
       order by delivered, change limit ?`,
      [this.#kinds, over, upTo, limit],
      (row) => ({
        branch: text(row, 'branch'),
        kind: decodeKind(text(row, 'kind')),
        name: text(row, 'name'),
        size: integer(row, 'size'),
        sha256: text(row, 'sha256'),
        stored: {
          modified: integer(row, 'modified_ms'),
          received: integer(row, 'received_at'),
          saved: integer(row, 'saved_at'),
        },
        delivered: integer(row, 'delivered') === 1,
      }),
    );
  }

  total(): { readonly files: number; readonly bytes: number } {
    const total = this.#journal.row(
      `select count(*) as files, coalesce(sum(size), 0) as bytes from peer_held
       where lacking = 1 and kind in (select value from json_each(?))`,
      [this.#kinds],
      (row) => ({ files: integer(row, 'files'), bytes: integer(row, 'bytes') }),
    );
    return total ?? { files: 0, bytes: 0 };
  }

  /** Its bytes cannot be had, or not used: nobody asks for them before the other hub tells of a change. */
  passOver({ branch, kind, name, size, sha256 }: UploadIdentity): void {
    this.#journal.run(
      `update peer_held set received_at = null, lacking = 0
       where branch = ? and kind = ? and name = ? and size = ? and sha256 = ?`,
      ...[branch, kind, name, size, sha256],
    );
  }
}
