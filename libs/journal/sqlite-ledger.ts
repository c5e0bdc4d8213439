import { randomUUID } from 'node:crypto';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';
import {
  uploadKinds,
  type DeliverAgain,
  type Ledger,
  type LedgerTotal,
  type NewlyReceived,
  type ReceivedFile,
  type UploadIdentity,
  type UploadKind,
} from './ledger.ts';
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

const ledgerFact = 'ledger id';

/** Gives a changed record the next number: one row in each statement, so that no two have the same. */
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
        `select received_at as at, purged_at is null and received_at = (
             select max(received_at) from received n where n.branch = r.branch and n.kind = r.kind and n.name = r.name
           ) as newest, damaged_at
         from received r where branch = ? and kind = ? and name = ? and size = ? and sha256 = ?`,
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
          `insert into received (branch, kind, name, size, sha256, stored_as, modified_ms, received_at, claim, change)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, iif(? = 'backup', null, ${nextChange}))
           on conflict do update set change = excluded.change, received_at = max(received_at, excluded.received_at), damaged_at = null,
             modified_ms = iif(kind = 'backup', excluded.modified_ms, modified_ms),
             stored_as = iif(damaged_at is null, stored_as, excluded.stored_as)`,
          file.branch,
          file.kind,
          file.name,
          file.size,
          file.sha256,
          file.storedAs,
          Math.trunc(file.modifiedMs),
          file.kind === 'backup' ? this.#newestAt(file) : file.receivedAt,
          this.#paired && file.kind !== 'backup' ? 'held' : 'mine',
          file.kind,
        );
      }
    });
  }

  /** What came last is the newest, also when the clock was set back since, or has not moved. */
  #newestAt({ branch, kind, name, receivedAt }: NewlyReceived): number {
    const after = this.#journal.row(
      'select max(received_at) + 1 as after from received where branch = ? and kind = ? and name = ?',
      [branch, kind, name],
      (row) => optionalInteger(row, 'after'),
    );
    return Math.max(receivedAt, after ?? 0);
  }

  async named(kind: UploadKind, name: string, limit: number): Promise<ReceivedFile[]> {
    await Promise.resolve();
    return this.#journal.rows(
      `select * from received r where kind = ? and name = ? and purged_at is null and received_at = (
         select max(received_at) from received n where n.branch = r.branch and n.kind = r.kind and n.name = r.name
       )
       order by min(modified_ms, received_at) desc, id desc limit ?`,
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
    this.#journal.run(
      `update received set damaged_at = ?, delivered_as = null, change = ${nextChange} where id = ?`,
      at,
      id,
    );
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
        this.#journal.run('update received set purged_at = ? where id = ?', at, id);
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
