import { randomUUID } from 'node:crypto';
import { BranchlineError } from '#libs/errors';
import { integer, optionalText, text, type Journal, type Row } from './journal.ts';
import {
  mirrorAreas,
  mirrorStates,
  type MirrorArea,
  type MirrorFile,
  type MirrorOrigin,
  type MirrorPage,
  type MirrorRow,
  type MirrorState,
} from './mirror-file.ts';

const idFact = 'mirror book id';
const changeFact = 'mirror change';
const peerFact = 'mirror peer book id';
const sinceFact = 'mirror peer read up to';

/** A file of an area as this server has it. */
export type OwnFile = MirrorRow;

/** A file as the other server has it, and as it is here; `mine` are changes of this server in both. */
export interface Differing extends MirrorFile, MirrorOrigin {
  readonly area: MirrorArea;
  /** Removed there. */
  readonly gone: boolean;
  /** Bytes of the other server that have lost against ours and are kept here. */
  readonly kept: string | undefined;
  /** Undefined when it was never known here. */
  readonly own:
    Pick<OwnFile, 'state' | 'modifiedMs' | 'sha256' | 'change' | 'mine' | 'theirs'> | undefined;
}

/** What is here, and what the other server of a pair says that it has (docs/adr/021-mirror.md). */
export class MirrorBook {
  /** Stays the same for as long as nothing of it is forgotten. */
  readonly id: string;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.id = journal.transaction(() => {
      const known = journal.fact(idFact);
      if (known !== undefined) return known;
      const fresh = randomUUID();
      journal.setFact(idFact, fresh);
      return fresh;
    });
  }

  /** What is known of an area here, gone files included; all, or a part of it after a name, in order. */
  own(area: MirrorArea, after = '', limit = -1): Map<string, OwnFile> {
    const rows = this.#journal.rows(
      'select * from mirror_files where area = ? and name > ? order by name limit ?',
      [area, after, limit],
      decodeOwn,
    );
    return new Map(rows.map((file) => [file.name, file]));
  }

  find(area: MirrorArea, name: string): OwnFile | undefined {
    return this.#journal.row(
      'select * from mirror_files where area = ? and name = ?',
      [area, name],
      decodeOwn,
    );
  }

  /** The number of the last change here. */
  get newest(): number {
    return Number(this.#journal.fact(changeFact) ?? 0);
  }

  /**
   * These files are in this state now: by what somebody did here, or as they were taken from the other server, which tells
   * their `origin`. Returns the number of the last change.
   */
  note(
    area: MirrorArea,
    files: readonly (MirrorFile & { readonly origin?: MirrorOrigin })[],
    state: MirrorState = 'here',
  ): number {
    return this.#journal.transaction(() => {
      let change = this.newest;
      for (const { name, size, modifiedMs, sha256, origin } of files) {
        change += 1;
        const before = this.find(area, name);
        // A time that is told decides conflicts: another one is a change, too, or both servers could have won.
        const sameTime =
          state !== 'here' || Math.trunc(before?.modifiedMs ?? 0) === Math.trunc(modifiedMs);
        const same = before?.state === state && before.sha256 === sha256 && sameTime;
        const { mine, theirs } = origin ?? {
          mine: same ? before.mine : change,
          theirs: before?.theirs ?? 0,
        };
        this.#journal.run(
          `insert into mirror_files (area, name, size, modified_ms, sha256, state, change, mine, theirs)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?)
           on conflict do update set size = excluded.size, modified_ms = excluded.modified_ms, sha256 = excluded.sha256,
             state = excluded.state, change = excluded.change, mine = excluded.mine, theirs = excluded.theirs`,
          ...[area, name, size, modifiedMs, sha256, state, change, mine, theirs],
        );
        this.#compare(area, name);
      }
      if (files.length > 0) this.#journal.setFact(changeFact, String(change));
      return change;
    });
  }

  /** As if they had never been here: nobody is told that they are gone. */
  forget(area: MirrorArea, names: readonly string[]): void {
    this.#journal.transaction(() => {
      for (const name of names) {
        this.#journal.run('delete from mirror_files where area = ? and name = ?', area, name);
        this.#compare(area, name);
      }
    });
  }

  /** What the other server asks for. */
  page(since: number, limit: number): MirrorPage {
    const rows = this.#journal.rows(
      'select * from mirror_files where change > ? order by change limit ?',
      [since, limit],
      decodeRow,
    );
    const complete = rows.length < limit;
    const next = complete ? this.newest : (rows.at(-1)?.change ?? this.newest);
    return { book: this.id, of: this.peer, rows, next, complete };
  }

  /** Id of the other server's catalogue that was read last; undefined before the first. */
  get peer(): string | undefined {
    return this.#journal.fact(peerFact);
  }

  /** Where to read on at the other server. */
  get since(): number {
    return Number(this.#journal.fact(sinceFact) ?? 0);
  }

  /**
   * Keep a page of the other server. False when that one counts anew, by another book or an older copy of its own: what it
   * said, and all that we have of it, is forgotten; read it from the start.
   * @throws BranchlineError PEER_ANSWER_INVALID when it is this server's own book.
   */
  learn({ book, of, rows, next }: MirrorPage): boolean {
    const journal = this.#journal;
    if (book === this.id) {
      throw new BranchlineError(
        'PEER_ANSWER_INVALID',
        `the other server has this server's own catalogue ${book}: one database was copied from the other; remove that of one of them`,
      );
    }
    return journal.transaction(() => {
      if (book !== this.peer || next < this.since) {
        journal.run('delete from mirror_peer');
        journal.run('update mirror_files set theirs = 0 where theirs <> 0');
        journal.setFact(peerFact, book);
        if (this.since !== 0) {
          journal.setFact(sinceFact, '0');
          return false;
        }
      }
      // What it says of our changes counts for this book alone, and not for what an older copy of it has forgotten.
      const newest = of === this.id ? this.newest : 0;
      for (const row of rows) this.#learn({ ...row, theirs: row.theirs > newest ? 0 : row.theirs });
      if (next !== this.since) journal.setFact(sinceFact, String(next));
      return true;
    });
  }

  /** Files of which the other server says something else than what is here, after the name `after`, in order. */
  differing(area: MirrorArea, after: string, limit: number): Differing[] {
    return this.#journal.rows(
      `select p.*, o.modified_ms as o_modified_ms, o.sha256 as o_sha256, o.state as o_state,
         o.change as o_change, o.mine as o_mine, o.theirs as o_theirs
       from mirror_peer p left join mirror_files o on o.area = p.area and o.name = p.name
       where p.open = 1 and p.area = ? and p.name > ? order by p.name limit ?`,
      [area, after, limit],
      decodeDiffering,
    );
  }

  /** Nothing follows from it here, until one of both changes it; no effect when one has since. */
  close({ area, name, sha256, gone, mine, theirs, own }: Differing): void {
    this.#journal.run(
      `update mirror_peer set open = 0
       where area = ? and name = ? and sha256 = ? and state = ? and mine = ? and theirs = ?
         and (select change from mirror_files o where o.area = mirror_peer.area and o.name = mirror_peer.name) is ?`,
      ...[area, name, sha256, gone ? 'gone' : 'here', mine, theirs, own?.change ?? null],
    );
  }

  /** These bytes of the other server have lost against ours, and are kept: what is changed here later is changed in their knowledge. */
  noteKept(
    area: MirrorArea,
    { name, sha256, theirs }: Pick<Differing, 'name' | 'sha256' | 'theirs'>,
  ): void {
    this.#journal.transaction(() => {
      this.#journal.run(
        'update mirror_peer set kept = ? where area = ? and name = ?',
        ...[sha256, area, name],
      );
      this.#journal.run(
        'update mirror_files set theirs = max(theirs, ?) where area = ? and name = ?',
        ...[theirs, area, name],
      );
    });
  }

  /** Let go of what was told long ago, before `before` in Unix milliseconds, of files that were removed. */
  prune(before: number): void {
    this.#journal.transaction(() => {
      for (const table of ['mirror_files', 'mirror_peer'])
        this.#journal.run(`delete from ${table} where state = 'gone' and modified_ms < ?`, before);
    });
  }

  /** Their changes are `mine` in what they say. */
  #learn({ area, name, size, modifiedMs, sha256, state, mine, theirs }: MirrorRow): void {
    if (state === 'left') {
      this.#journal.run('delete from mirror_peer where area = ? and name = ?', area, name);
      return;
    }
    this.#journal.run(
      `insert into mirror_peer (area, name, size, modified_ms, sha256, state, mine, theirs) values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict do update set size = excluded.size, modified_ms = excluded.modified_ms, sha256 = excluded.sha256,
         state = excluded.state, mine = excluded.mine, theirs = excluded.theirs`,
      ...[area, name, size, Math.trunc(modifiedMs), sha256, state, theirs, mine],
    );
    this.#compare(area, name);
  }

  /** Both have the same: what is changed here later is changed in the knowledge of theirs. Else something may be to do. */
  #compare(area: MirrorArea, name: string): void {
    this.#journal.run(
      `update mirror_files set theirs = p.theirs from mirror_peer p
       where mirror_files.area = ? and mirror_files.name = ? and p.area = mirror_files.area and p.name = mirror_files.name
         and p.state = mirror_files.state and (p.state = 'gone' or p.sha256 = mirror_files.sha256)
         and p.theirs > mirror_files.theirs`,
      area,
      name,
    );
    this.#journal.run(
      `update mirror_peer set open = case state
         when 'gone' then exists (select 1 from mirror_files o where o.area = mirror_peer.area and o.name = mirror_peer.name
           and o.state = 'here')
         else not exists (select 1 from mirror_files o where o.area = mirror_peer.area and o.name = mirror_peer.name
           and o.state = 'here' and o.sha256 = mirror_peer.sha256) end
       where area = ? and name = ?`,
      area,
      name,
    );
  }
}

const decodeRow = (row: Row): MirrorRow => ({
  ...decodeFile(row),
  modifiedMs: Math.trunc(integer(row, 'modified_ms')),
  state: oneOf(mirrorStates, text(row, 'state')),
  change: integer(row, 'change'),
  ...decodeOrigin(row),
});

const decodeOrigin = (row: Row): MirrorOrigin => ({
  mine: integer(row, 'mine'),
  theirs: integer(row, 'theirs'),
});

const decodeOwn = (row: Row): OwnFile => ({
  ...decodeRow(row),
  modifiedMs: integer(row, 'modified_ms'),
});

const decodeFile = (row: Row): MirrorFile & { area: MirrorArea } => ({
  area: oneOf(mirrorAreas, text(row, 'area')),
  name: text(row, 'name'),
  size: integer(row, 'size'),
  modifiedMs: integer(row, 'modified_ms'),
  sha256: text(row, 'sha256'),
});

const decodeDiffering = (row: Row): Differing => {
  const ownState = optionalText(row, 'o_state');
  return {
    ...decodeFile(row),
    ...decodeOrigin(row),
    gone: text(row, 'state') === 'gone',
    kept: optionalText(row, 'kept'),
    own:
      ownState === undefined
        ? undefined
        : {
            state: oneOf(mirrorStates, ownState),
            modifiedMs: integer(row, 'o_modified_ms'),
            sha256: text(row, 'o_sha256'),
            change: integer(row, 'o_change'),
            mine: integer(row, 'o_mine'),
            theirs: integer(row, 'o_theirs'),
          },
  };
};

/** @throws BranchlineError JOURNAL_UNUSABLE. */
function oneOf<T extends string>(all: readonly T[], value: string): T {
  const found = all.find((known) => known === value);
  if (found !== undefined) return found;
  throw new BranchlineError('JOURNAL_UNUSABLE', `${value} is nothing that the mirror knows`);
}
