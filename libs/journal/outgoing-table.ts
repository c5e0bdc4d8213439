import { setImmediate as breathe } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';
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

/** Where one kind stands at a branch. Times are Unix milliseconds. */
export interface OutgoingTotal {
  /** Here now. */
  readonly files: number;
  readonly bytes: number;
  /** Here now, and acknowledged by no hub of today. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** When the oldest of these was seen first. */
  readonly oldestWaitingAt: number | undefined;
}

/** What is to be offered once more. `name` as SQLite's GLOB reads it: `*`, `?`, `[a-z]`. */
export interface OfferAgain {
  readonly kinds: readonly UploadKind[];
  readonly name: string;
  /** Acknowledged since then, Unix milliseconds. */
  readonly since: number;
}

/** Why a kind did not go up. `at` in Unix milliseconds. */
export interface OutgoingTrouble {
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

const troubleFact = (kind: UploadKind): string => `trouble of ${kind}`;

const isTrouble = (value: unknown): value is OutgoingTrouble =>
  typeof value === 'object' &&
  value !== null &&
  'code' in value &&
  typeof value.code === 'string' &&
  'message' in value &&
  typeof value.message === 'string' &&
  'at' in value &&
  typeof value.at === 'number';

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

/** Rows that are counted before others get their turn. */
const rowsAtOnce = 5_000;

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

  /** Counted in pieces: with fifty thousand files nobody else may wait for it. */
  async total(kind: UploadKind, ledgers: readonly string[]): Promise<OutgoingTotal> {
    const sum = { files: 0, bytes: 0, waiting: 0, waitingBytes: 0 };
    let oldestWaitingAt: number | undefined;
    for (let after: string | undefined = ''; after !== undefined;) {
      const part = this.#part(kind, ledgers, after);
      sum.files += part.files;
      sum.bytes += part.bytes;
      sum.waiting += part.waiting;
      sum.waitingBytes += part.waitingBytes;
      oldestWaitingAt = Math.min(part.oldest ?? Infinity, oldestWaitingAt ?? Infinity);
      after = part.files < rowsAtOnce ? undefined : part.last;
      await breathe();
    }
    return { ...sum, oldestWaitingAt: oldestWaitingAt === Infinity ? undefined : oldestWaitingAt };
  }

  #part(kind: UploadKind, ledgers: readonly string[], after: string) {
    const known = ledgers.map(
      () =>
        `exists (select 1 from acknowledged a
           where a.ledger = ? and a.kind = o.kind and a.name = o.name and a.sha256 = o.sha256)`,
    );
    // Materialized: else each of the sums would look it up again.
    const part = this.#journal.row(
      `with seen as materialized (
         select name, size, noticed_at, not (${['0', ...known].join(' or ')}) as waits
         from outgoing o where kind = ? and name > ? order by name limit ?
       )
       select count(*) as files, coalesce(sum(size), 0) as bytes, coalesce(sum(waits), 0) as waiting,
         coalesce(sum(size) filter (where waits), 0) as waiting_bytes,
         min(noticed_at) filter (where waits) as oldest, max(name) as last
       from seen`,
      [...ledgers, kind, after, rowsAtOnce],
      (row) => ({
        files: integer(row, 'files'),
        bytes: integer(row, 'bytes'),
        waiting: integer(row, 'waiting'),
        waitingBytes: integer(row, 'waiting_bytes'),
        oldest: optionalInteger(row, 'oldest'),
        last: optionalText(row, 'last'),
      }),
    );
    if (part === undefined) throw new BranchlineError('JOURNAL_UNUSABLE', 'nothing was counted');
    return part;
  }

  /** How many names of a kind a ledger has acknowledged, purged ones included, and when the last. */
  acknowledgedBy(ledger: string, kind: UploadKind): { files: number; lastAt: number | undefined } {
    const found = this.#journal.row(
      'select count(*) as files, max(at) as last from acknowledged where ledger = ? and kind = ?',
      [ledger, kind],
      (row) => ({ files: integer(row, 'files'), lastAt: optionalInteger(row, 'last') }),
    );
    return found ?? { files: 0, lastAt: undefined };
  }

  /**
   * Forget that these were acknowledged: the next run offers them, and the hub takes what it does not hold whole. Only what
   * is still here. Returns it.
   */
  offerAgain({ kinds, name, since }: OfferAgain): OutgoingFile[] {
    return this.#journal.transaction(() => {
      const chosen = kinds.flatMap((kind) =>
        this.#journal.rows(
          `select * from outgoing o where kind = ? and name glob ? and exists (
             select 1 from acknowledged a where a.kind = o.kind and a.name = o.name and a.at >= ?)`,
          [kind, name, since],
          decode(kind),
        ),
      );
      for (const file of chosen) {
        this.#journal.run(
          'delete from acknowledged where kind = ? and name = ?',
          file.kind,
          file.name,
        );
      }
      return chosen;
    });
  }

  /** How the last try to send a kind ended badly; undefined when it ended well. */
  trouble(kind: UploadKind): OutgoingTrouble | undefined {
    const known: unknown = JSON.parse(this.#journal.fact(troubleFact(kind)) ?? 'null');
    return isTrouble(known) ? known : undefined;
  }

  noteTrouble(kind: UploadKind, trouble: OutgoingTrouble | undefined): void {
    const text = JSON.stringify(trouble ?? null);
    if (text !== (this.#journal.fact(troubleFact(kind)) ?? 'null')) {
      this.#journal.setFact(troubleFact(kind), text);
    }
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
