import { randomUUID } from 'node:crypto';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';
import {
  uploadKinds,
  type CopiedFile,
  type DeliverAgain,
  type Ledger,
  type LedgerTotal,
  type NewlyReceived,
  type ReceivedFile,
  type UploadIdentity,
  type UploadKind,
} from './ledger.ts';
import { noteLacking } from './note-lacking.ts';
import { BranchlineError } from '#libs/errors';

const decode = (row: Row): ReceivedFile => ({
  id: integer(row, 'id'),
  branch: text(row, 'branch'),
  kind: decodeKind(text(row, 'kind')),
  name: text(row, 'name'),
  size: integer(row, 'size'),
  sha256: text(row, 'sha256'),
  storedAs: text(row, 'stored_as'),
  modifiedMs: integer(row, 'modified_ms'),
  receivedAt: integer(row, 'received_at'),
  savedAt: optionalInteger(row, 'saved_at') ?? integer(row, 'received_at'),
  deliveredAs: optionalText(row, 'delivered_as'),
  deliveredAt: optionalInteger(row, 'delivered_at'),
  purgedAt: optionalInteger(row, 'purged_at'),
  damagedAt: optionalInteger(row, 'damaged_at'),
});

/** @throws BranchlineError JOURNAL_UNUSABLE. */
export function decodeKind(value: string): UploadKind {
  const kind = uploadKinds.find((known) => known === value);
  if (kind !== undefined) return kind;
  throw new BranchlineError('JOURNAL_UNUSABLE', `${value} is no kind of upload`);
}

/** The first columns of a row. */
const placeOf = (file: NewlyReceived): readonly (string | number)[] => [
  ...[file.branch, file.kind, file.name, file.size, file.sha256, file.storedAs],
  Math.trunc(file.modifiedMs),
];

const ledgerFact = 'ledger id';

/**
 * Gives a changed row the next number: one row in each statement, so that no two have the same. A backup has one for as long as it
 * is the newest of its name.
 */
export const nextChange =
  '(select coalesce(max(change), 0) + 1 from received where change is not null)';

/** The ledger in this server's own SQLite file. */
export class SqliteLedger implements Ledger {
  readonly id: string;
  readonly #journal: Journal;
  readonly #paired: boolean;

  /** `paired` = another hub takes records of the same branches: nothing is ours to deliver before that is decided. */
  constructor(journal: Journal, { paired = false }: { readonly paired?: boolean } = {}) {
    this.#journal = journal;
    this.#paired = paired;
    this.id = journal.transaction(() => {
      const known = journal.fact(ledgerFact);
      if (known !== undefined) return known;
      const fresh = randomUUID();
      journal.setFact(ledgerFact, fresh);
      return fresh;
    });
  }

  async holds(identities: readonly UploadIdentity[]): Promise<boolean[]> {
    await Promise.resolve();
    return identities.map((identity) => {
      const { branch, kind, name, size, sha256 } = identity;
      const known = this.#journal.row(
        `select change is not null as newest, damaged_at
         from received where branch = ? and kind = ? and name = ? and size = ? and sha256 = ?`,
        [branch, kind, name, size, sha256],
        (row) => ({
          newest: integer(row, 'newest') === 1,
          damaged: optionalInteger(row, 'damaged_at') !== undefined,
        }),
      );
      if (known === undefined)
        return kind !== 'backup' && this.#paired && this.#peerHolds(identity);
      return !known.damaged && (kind !== 'backup' || known.newest);
    });
  }

  /** The other hub answers for its records, too. */
  #peerHolds({ branch, kind, name, size, sha256 }: UploadIdentity): boolean {
    const found = this.#journal.row(
      `select 1 as one from peer_held
       where branch = ? and kind = ? and name = ? and size = ? and sha256 = ? and whole = 1`,
      [branch, kind, name, size, sha256],
      (row) => integer(row, 'one'),
    );
    return found !== undefined;
  }

  async record(files: readonly NewlyReceived[]): Promise<void> {
    await Promise.resolve();
    this.#journal.transaction(() => {
      for (const file of files) {
        this.#journal.run(
          `insert into received (branch, kind, name, size, sha256, stored_as, modified_ms, received_at, saved_at, claim, change)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${nextChange})
           on conflict do update set change = excluded.change, received_at = max(received_at, excluded.received_at), damaged_at = null,
             modified_ms = iif(kind = 'backup', excluded.modified_ms, modified_ms),
             saved_at = max(saved_at, excluded.saved_at),
             stored_as = iif(damaged_at is null, stored_as, excluded.stored_as)`,
          ...placeOf(file),
          file.receivedAt,
          file.kind === 'backup' ? this.#savedAt(file) : null,
          this.#paired && file.kind !== 'backup' ? 'held' : 'mine',
        );
        this.#came(file);
      }
    });
  }

  async recordCopy(file: CopiedFile): Promise<void> {
    await Promise.resolve();
    const backup = file.kind === 'backup';
    this.#journal.transaction(() => {
      this.#journal.run(
        `insert into received
           (branch, kind, name, size, sha256, stored_as, modified_ms, received_at, saved_at, claim, delivered_at, change)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${nextChange})
         on conflict do update set change = excluded.change, damaged_at = null,
           modified_ms = iif(kind = 'backup', excluded.modified_ms, modified_ms),
           saved_at = max(saved_at, excluded.saved_at),
           delivered_at = iif(damaged_at is null, delivered_at, coalesce(delivered_at, excluded.delivered_at)),
           stored_as = iif(damaged_at is null, stored_as, excluded.stored_as)`,
        ...placeOf(file),
        file.receivedAt,
        backup ? file.savedAt : null,
        backup ? 'mine' : 'yielded',
        file.deliveredAt ?? null,
      );
      this.#came(file);
    });
  }

  /** What came from the branch itself is the newest, also when a clock was set back since, or has not moved. */
  #savedAt({ branch, name, size, sha256, modifiedMs, receivedAt }: NewlyReceived): number {
    const after = this.#journal.row(
      `select max(saved_at) + 1 as after from received
       where branch = ? and kind = 'backup' and name = ? and not (size = ? and sha256 = ?)`,
      [branch, name, size, sha256],
      (row) => optionalInteger(row, 'after'),
    );
    return Math.max(Math.min(Math.trunc(modifiedMs), receivedAt), after ?? 0);
  }

  /** It is the newest backup of its name now, and is wanted from nobody. */
  #came({ branch, kind, name, size, sha256 }: NewlyReceived): void {
    if (kind === 'backup') {
      this.#journal.run(
        `update received set change = null
         where branch = ? and kind = 'backup' and name = ? and not (size = ? and sha256 = ?) and change is not null`,
        ...[branch, name, size, sha256],
      );
    }
    noteLacking(this.#journal, { branch, kind, name });
  }

  async newestBackup(branch: string, name: string): Promise<ReceivedFile | undefined> {
    await Promise.resolve();
    return this.#journal.row(
      `select * from received where branch = ? and kind = 'backup' and name = ? and change is not null`,
      [branch, name],
      decode,
    );
  }

  async stored(identity: UploadIdentity): Promise<ReceivedFile | undefined> {
    await Promise.resolve();
    const { branch, kind, name, size, sha256 } = identity;
    return this.#journal.row(
      `select * from received where branch = ? and kind = ? and name = ? and size = ? and sha256 = ?
         and purged_at is null and damaged_at is null and change is not null`,
      [branch, kind, name, size, sha256],
      decode,
    );
  }

  async named(kind: UploadKind, name: string, limit: number): Promise<ReceivedFile[]> {
    await Promise.resolve();
    return this.#journal.rows(
      `select * from received where kind = ? and name = ? and purged_at is null and change is not null
       order by saved_at desc, id desc limit ?`,
      [kind, name, limit],
      decode,
    );
  }

  async undelivered(kind: UploadKind, limit: number): Promise<ReceivedFile[]> {
    await Promise.resolve();
    return this.#journal.rows(
      `select * from received
       where kind = ? and delivered_at is null and damaged_at is null and claim = 'mine' order by id limit ?`,
      [kind, limit],
      decode,
    );
  }

  async delivering(id: number, as: string): Promise<void> {
    await Promise.resolve();
    this.#journal.run('update received set delivered_as = ? where id = ?', as, id);
  }

  async delivered(id: number, at: number): Promise<void> {
    await Promise.resolve();
    this.#journal.run(
      `update received set delivered_at = ?, change = ${nextChange} where id = ?`,
      at,
      id,
    );
  }

  async damaged(id: number, at: number): Promise<void> {
    await Promise.resolve();
    this.#journal.transaction(() => {
      this.#journal.run(
        `update received set damaged_at = ?, delivered_as = null, change = ${nextChange} where id = ?`,
        at,
        id,
      );
      const [file] = this.#journal.rows('select * from received where id = ?', [id], decode);
      if (file !== undefined) noteLacking(this.#journal, file);
    });
  }

  async purgeable(kind: UploadKind, before: number, limit: number): Promise<ReceivedFile[]> {
    await Promise.resolve();
    return this.#journal.rows(
      `select * from received where kind = ? and delivered_at is not null and purged_at is null
       and max(received_at, delivered_at) < ? order by id limit ?`,
      [kind, before, limit],
      decode,
    );
  }

  async purged(ids: readonly number[], at: number): Promise<void> {
    await Promise.resolve();
    this.#journal.transaction(() => {
      for (const id of ids) {
        this.#journal.run(
          `update received set purged_at = ?, change = ${nextChange} where id = ?`,
          at,
          id,
        );
      }
    });
  }

  async deliverAgain(which: DeliverAgain, limit: number): Promise<ReceivedFile[]> {
    await Promise.resolve();
    const { kinds, name, branch, since, delivered } = which;
    return this.#journal.transaction(() => {
      const chosen = this.#journal.rows(
        `select * from received where kind in (select value from json_each(?)) and kind <> 'backup'
           and name glob ? and branch glob ? and received_at >= ? and purged_at is null
           and (damaged_at is not null or (? and (delivered_at is not null or claim = 'yielded'))) order by id limit ?`,
        [JSON.stringify(kinds), name, branch, since, delivered ? 1 : 0, limit],
        decode,
      );
      for (const { id } of chosen) {
        this.#journal.run(
          `update received set damaged_at = null, delivered_at = null, delivered_as = null,
             claim = iif(?, 'mine', claim), change = ${nextChange} where id = ?`,
          delivered ? 1 : 0,
          id,
        );
      }
      return chosen;
    });
  }

  async totals(): Promise<LedgerTotal[]> {
    await Promise.resolve();
    return this.#journal.rows(
      `select *, (
           select received_at from received r
           where r.branch = t.branch and r.kind = t.kind and r.delivered_at is null and r.kind <> 'backup'
           order by id limit 1
         ) as oldest
       from received_totals t order by branch, kind`,
      [],
      (row) => ({
        branch: text(row, 'branch'),
        kind: decodeKind(text(row, 'kind')),
        files: integer(row, 'files'),
        bytes: integer(row, 'bytes'),
        undelivered: integer(row, 'undelivered'),
        delivered: integer(row, 'delivered'),
        damaged: integer(row, 'damaged'),
        conflicts: integer(row, 'conflicts'),
        lastReceivedAt: integer(row, 'last_received_at'),
        oldestUndeliveredAt: optionalInteger(row, 'oldest'),
      }),
    );
  }
}
