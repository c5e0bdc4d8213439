import { setImmediate as breathe } from 'node:timers/promises';
import { integer, optionalInteger, optionalText, text, type Journal, type Row } from './journal.ts';
import type { UploadIdentity } from './ledger.ts';
import { noteLacking } from './note-lacking.ts';
import type { StoredBytes } from './peer-holdings.ts';
import { decodeKind, nextChange } from './sqlite-ledger.ts';
import { BranchlineError } from '#libs/errors';

/** Whose a record is to deliver: not decided, this hub's, the other one's. The last two are final. */
export const claims = ['held', 'mine', 'yielded'] as const;
export type Claim = (typeof claims)[number];

/** What a hub tells the other one of a record, or of the newest backup of a name. */
export interface LedgerRow extends UploadIdentity {
  /** Grows with each change of any row. */
  readonly change: number;
  readonly claim: Claim;
  /** False when the bytes there are no longer those that came. */
  readonly whole: boolean;
  /** The collector has it, from whichever hub. */
  readonly delivered: boolean;
  /** There while its bytes can be had. Older hubs do not tell. */
  readonly stored?: StoredBytes | undefined;
}

/** Rows of a hub's ledger after a change, in the order of their changes. */
export interface LedgerPage {
  /** Id of the ledger. */
  readonly ledger: string;
  readonly rows: readonly LedgerRow[];
  /** Ask on from here. */
  readonly next: number;
  /** True when there was no more. */
  readonly complete: boolean;
}

/**
 * What becomes of a record that is held here, by what the other hub said of it after it was committed here. Of two hubs
 * that hold it, the one with the larger id yields, and the other waits to see that.
 */
export function decideClaim(
  ids: { readonly own: string; readonly peer: string },
  peer: Pick<LedgerRow, 'claim' | 'delivered'> | undefined,
): Claim {
  if (peer === undefined) return 'mine';
  if (peer.delivered || peer.claim === 'mine') return 'yielded';
  if (peer.claim === 'yielded') return 'mine';
  return ids.own > ids.peer ? 'yielded' : 'held';
}

/** True when the settings of the last start named another hub. */
const pairedFact = 'hub pair';
const peerLedgerFact = 'peer ledger id';
const sinceFact = 'peer ledger read up to';

/** Rows that are decided before others get their turn. */
const atOnce = 200;

/** A hub's half of the agreement who delivers what (docs/protocol.md § 10). */
export class HubPair {
  readonly #journal: Journal;
  readonly #ledger: string;

  /** `ledger` = id of this hub's own. */
  constructor(journal: Journal, ledger: string) {
    this.#journal = journal;
    this.#ledger = ledger;
  }

  /**
   * What the settings say, before anything is delivered. With another hub, what was not begun yet is decided anew: that one
   * may have it too. Without one, all that waits for a decision is delivered here.
   */
  setPaired(paired: boolean): void {
    const journal = this.#journal;
    journal.transaction(() => {
      if ((journal.fact(pairedFact) === '1') === paired) return;
      journal.setFact(pairedFact, paired ? '1' : '0');
      const [from, to] = paired ? (['mine', 'held'] as const) : (['held', 'mine'] as const);
      const ids = journal.rows(
        `select id from received
         where claim = ? and delivered_at is null and delivered_as is null and kind <> 'backup'`,
        [from],
        (row) => integer(row, 'id'),
      );
      for (const id of ids) this.#claim(id, to);
    });
  }

  /** What the other hub asks for; an older one does not know of backups. */
  page(since: number, limit: number, { backups = false } = {}): LedgerPage {
    const rows = this.#journal.rows(
      `select * from received where change > ? and (kind <> 'backup' or ?) order by change limit ?`,
      [since, backups ? 1 : 0, limit],
      (row): LedgerRow => ({
        branch: text(row, 'branch'),
        kind: decodeKind(text(row, 'kind')),
        name: text(row, 'name'),
        size: integer(row, 'size'),
        sha256: text(row, 'sha256'),
        change: integer(row, 'change'),
        claim: decodeClaim(text(row, 'claim')),
        whole: optionalInteger(row, 'damaged_at') === undefined,
        delivered: optionalInteger(row, 'delivered_at') !== undefined,
        ...(optionalInteger(row, 'purged_at') === undefined && { stored: storedOf(row) }),
      }),
    );
    const next = rows.at(-1)?.change ?? Math.min(since, this.#lastChange());
    return { ledger: this.#ledger, rows, next, complete: rows.length < limit };
  }

  /** Where to read on at the other hub. */
  get since(): number {
    return Number(this.#journal.fact(sinceFact) ?? 0);
  }

  /** The newest row here: what the other hub says from now on counts for it and all before it. */
  newest(): number {
    return (
      this.#journal.row('select max(id) as id from received', [], (row) =>
        optionalInteger(row, 'id'),
      ) ?? 0
    );
  }

  /**
   * Keep a page of the other hub. False when that one counts anew, by another ledger or an older copy of its own: all that it
   * said is forgotten, read it from the start.
   * @throws BranchlineError PEER_ANSWER_INVALID when it is this hub's own ledger.
   */
  learn({ ledger, rows, next }: LedgerPage, now: number): boolean {
    const journal = this.#journal;
    if (ledger === this.#ledger) {
      throw new BranchlineError(
        'PEER_ANSWER_INVALID',
        `the other hub has this hub's own ledger ${ledger}: one was copied from the other; remove the database of one of them`,
      );
    }
    return journal.transaction(() => {
      if (ledger !== journal.fact(peerLedgerFact) || next < this.since) {
        journal.run('delete from peer_held');
        journal.setFact(peerLedgerFact, ledger);
        if (this.since !== 0) {
          journal.setFact(sinceFact, '0');
          return false;
        }
      }
      for (const row of rows) this.#learnRow(row, now);
      journal.setFact(sinceFact, String(next));
      return true;
    });
  }

  /** Decide what came here up to `newest`, after all that the other hub had was read. Returns how many became ours. */
  async decide(newest: number, now: number): Promise<number> {
    const journal = this.#journal;
    const peer = journal.fact(peerLedgerFact);
    if (peer === undefined) return 0;
    let ours = 0;
    for (let from = 0; ;) {
      const some = journal.rows(
        `select r.id, p.claim as peer_claim, p.delivered as peer_delivered from received r
         left join peer_held p on p.branch = r.branch and p.kind = r.kind and p.name = r.name and p.size = r.size
           and p.sha256 = r.sha256
         where r.claim = 'held' and r.id > ? and r.id <= ? order by r.id limit ?`,
        [from, newest, atOnce],
        (row) => {
          const claim = optionalText(row, 'peer_claim');
          const delivered = optionalInteger(row, 'peer_delivered') === 1;
          const told = claim === undefined ? undefined : { claim: decodeClaim(claim), delivered };
          return { id: integer(row, 'id'), told };
        },
      );
      journal.transaction(() => {
        for (const { id, told } of some) {
          const claim = decideClaim({ own: this.#ledger, peer }, told);
          if (claim === 'held') continue;
          if (claim === 'mine') ours += 1;
          this.#claim(id, claim, told?.delivered === true ? now : undefined);
        }
      });
      if (some.length < atOnce) return ours;
      from = some.at(-1)?.id ?? newest;
      await breathe();
    }
  }

  /** Records that wait for the other hub's word. */
  waiting(): number {
    return (
      this.#journal.row(`select count(*) as n from received where claim = 'held'`, [], (row) =>
        integer(row, 'n'),
      ) ?? 0
    );
  }

  #learnRow(row: LedgerRow, now: number): void {
    const { branch, kind, name, size, sha256, claim, whole, delivered, change, stored } = row;
    const identity = [branch, kind, name, size, sha256];
    if (kind === 'backup') this.#learnBackup(row);
    this.#journal.run(
      `insert into peer_held values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) on conflict do update
       set claim = excluded.claim, whole = excluded.whole, delivered = excluded.delivered, change = excluded.change,
         modified_ms = excluded.modified_ms, received_at = excluded.received_at, saved_at = excluded.saved_at`,
      ...identity,
      claim,
      whole ? 1 : 0,
      delivered ? 1 : 0,
      change,
      ...[stored?.modified ?? null, stored?.received ?? null, stored?.saved ?? null],
    );
    noteLacking(this.#journal, row);
    if (!delivered) return;
    // The collector has it: nobody waits for it here any more, and it may be purged.
    this.#journal.run(
      `update received set delivered_at = ?, change = ${nextChange}
       where branch = ? and kind = ? and name = ? and size = ? and sha256 = ?
         and claim = 'yielded' and delivered_at is null`,
      now,
      ...identity,
    );
  }

  /** Only the newest of a name is told. The same bytes, saved again there, are as new here. */
  #learnBackup({ branch, name, size, sha256, stored }: LedgerRow): void {
    this.#journal.run(
      `delete from peer_held where branch = ? and kind = 'backup' and name = ?`,
      branch,
      name,
    );
    if (stored === undefined) return;
    this.#journal.run(
      `update received set saved_at = ?
       where branch = ? and kind = 'backup' and name = ? and size = ? and sha256 = ? and change is not null and saved_at < ?`,
      ...[stored.saved, branch, name, size, sha256, stored.saved],
    );
  }

  #claim(id: number, claim: Claim, deliveredAt?: number): void {
    this.#journal.run(
      `update received set claim = ?, delivered_at = coalesce(?, delivered_at), change = ${nextChange}
       where id = ?`,
      claim,
      deliveredAt ?? null,
      id,
    );
  }

  #lastChange(): number {
    return (
      this.#journal.row(
        'select max(change) as last from received where change is not null',
        [],
        (row) => optionalInteger(row, 'last'),
      ) ?? 0
    );
  }
}

function storedOf(row: Row): StoredBytes {
  const [modified, received] = [integer(row, 'modified_ms'), integer(row, 'received_at')];
  return { modified, received, saved: optionalInteger(row, 'saved_at') ?? received };
}

/** @throws BranchlineError JOURNAL_UNUSABLE. */
function decodeClaim(value: string): Claim {
  const claim = claims.find((known) => known === value);
  if (claim !== undefined) return claim;
  throw new BranchlineError('JOURNAL_UNUSABLE', `${value} is no claim`);
}
