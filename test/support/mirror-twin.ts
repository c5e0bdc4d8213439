import { Journal, MirrorBook, type Differing, type MirrorPage } from '#libs/journal';
import { decideMirror } from '#libs/sync';

const area = 'http';
/** Rows in a page: few, so that a read has many. */
const limit = 2;

/** What somebody has done to a name at one server, and all that he could know of. */
interface Deed {
  readonly name: string;
  /** Undefined for a removal. */
  readonly text: string | undefined;
  readonly past: Set<Deed>;
  /** Who did something after it saw it, or it has lost in a conflict and is kept as a version. */
  overruled?: boolean;
}

interface TwinFile {
  readonly text: string;
  readonly modifiedMs: number;
}

/** One server of a pair, its disk in memory: real books, real decisions, pages that may be on their way for long. */
export class MirrorTwin {
  /** All that was ever done, at both. */
  readonly deeds: Set<Deed>;
  readonly disk = new Map<string, TwinFile>();
  /** Texts that were replaced, removed, or have lost. */
  readonly versions = new Set<string>();
  book: MirrorBook;
  #journal = new Journal(':memory:');
  #onItsWay: MirrorPage | undefined;
  /** The deeds that rows speak of, by their book and change. */
  #told = new Map<string, Deed>();
  #now = new Map<string, Deed>();
  /** What this server knows of the deeds at the other one. */
  #peer = new Map<string, Deed>();

  constructor(deeds: Set<Deed>) {
    this.deeds = deeds;
    this.book = new MirrorBook(this.#journal);
  }

  close(): void {
    this.#journal.close();
  }

  /** What is here by the last deed that this server knows of. */
  deedOf(name: string): Deed | undefined {
    return this.#now.get(name);
  }

  write(name: string, text: string, modifiedMs: number): void {
    this.#overruled(this.#now.get(name));
    this.disk.set(name, { text, modifiedMs });
  }

  remove(name: string): void {
    this.#overruled(this.#now.get(name));
    this.disk.delete(name);
  }

  scan(): void {
    const known = this.book.own(area);
    for (const [name, { text, modifiedMs }] of this.disk) {
      const row = known.get(name);
      if (row?.state === 'here' && row.sha256 === text && row.modifiedMs === modifiedMs) continue;
      this.#note(name, text, modifiedMs);
      this.#done(name, text);
      this.#mark(name);
    }
    for (const { name, state, sha256 } of known.values()) {
      if (state !== 'here' || this.disk.has(name)) continue;
      this.book.note(area, [{ name, size: 1, modifiedMs: 9, sha256 }], 'gone');
      this.#done(name, undefined);
      this.#mark(name);
    }
  }

  /** The database is lost; the disk is not. */
  startAnew(): void {
    // What its people have done meanwhile, they know.
    for (const [name, { text }] of this.#now)
      if (text !== this.disk.get(name)?.text) this.#done(name, this.disk.get(name)?.text);
    this.#journal.close();
    this.#journal = new Journal(':memory:');
    this.book = new MirrorBook(this.#journal);
    this.#peer = new Map();
    this.#onItsWay = undefined;
  }

  /** The other server answers, or its answer comes. True when that was all. */
  read(other: MirrorTwin): boolean {
    if (this.#onItsWay === undefined) {
      this.#onItsWay = other.book.page(this.book.since, limit);
      return false;
    }
    const page = this.#onItsWay;
    this.#onItsWay = undefined;
    const learnt = this.book.learn(page);
    if (!learnt) {
      this.#peer.clear();
      return false;
    }
    for (const { name, change } of page.rows) {
      const deed = other.#told.get(`${page.book} ${change}`);
      if (deed === undefined) continue;
      this.#peer.set(name, deed);
      this.#meet(name);
    }
    return page.complete;
  }

  /** What `MirrorTaking` does with each file that differs. */
  take(other: MirrorTwin): void {
    for (const row of this.book.differing(area, '', 1_000)) {
      const { name, sha256, modifiedMs } = row;
      const own = row.own?.state === 'here' ? row.own : this.#onDisk(row);
      if (!row.gone && own?.state === 'here' && own.sha256 === sha256) {
        this.book.close(row);
        continue;
      }
      const decision = decideMirror({ ...row, own });
      const here = this.disk.get(name);
      const there = other.disk.get(name)?.text === sha256;
      const asKnown = here?.text === (own?.state === 'here' ? own.sha256 : undefined);
      if (decision === 'take' && there && asKnown) {
        if (here !== undefined) {
          this.versions.add(here.text);
          this.#overruled(this.#now.get(name));
        }
        this.disk.set(name, { text: sha256, modifiedMs });
        this.#taken(row);
      }
      if (decision === 'keep theirs' && row.kept !== sha256 && there) {
        this.versions.add(sha256);
        this.book.noteKept(area, row);
        this.#overruled(this.#peer.get(name));
      }
      if (decision === 'stay' || (decision === 'keep theirs' && there)) this.book.close(row);
      if (decision === 'remove' && here !== undefined && asKnown) {
        this.versions.add(here.text);
        this.disk.delete(name);
        this.#taken(row);
      }
    }
  }

  #taken(row: Differing): void {
    const { name, sha256, modifiedMs, gone, mine, theirs: changed } = row;
    const origin = { mine, theirs: changed };
    const theirs = this.#peer.get(name);
    if (theirs !== undefined) this.#now.set(name, theirs);
    if (gone) this.book.note(area, [{ name, size: 1, modifiedMs: 9, sha256, origin }], 'gone');
    else this.book.note(area, [{ name, size: 1, modifiedMs, sha256, origin }]);
    this.#mark(name);
  }

  #note(name: string, sha256: string, modifiedMs: number): void {
    this.book.note(area, [{ name, size: 1, modifiedMs, sha256 }]);
  }

  #done(name: string, text: string | undefined): void {
    const before = this.#now.get(name);
    const deed = {
      name,
      text,
      past: new Set([...(before?.past ?? []), ...(before ? [before] : [])]),
    };
    this.deeds.add(deed);
    this.#now.set(name, deed);
  }

  #mark(name: string): void {
    const deed = this.#now.get(name);
    if (deed === undefined) return;
    this.#told.set(`${this.book.id} ${this.book.newest}`, deed);
    this.#meet(name);
  }

  /** Both have done the same: each of them is what the other one starts from. */
  #meet(name: string): void {
    const [own, theirs] = [this.#now.get(name), this.#peer.get(name)];
    if (own === undefined || theirs === undefined || own === theirs || own.text !== theirs.text)
      return;
    this.#now.set(name, { ...own, past: new Set([...own.past, ...theirs.past, own, theirs]) });
  }

  #overruled(deed: Deed | undefined): void {
    if (deed !== undefined) deed.overruled = true;
  }

  #onDisk({ name, own }: Differing): Differing['own'] {
    const there = this.disk.get(name);
    if (there === undefined) return own?.state === 'gone' ? own : undefined;
    const { text, modifiedMs } = there;
    const mine = Number.MAX_SAFE_INTEGER;
    const theirs = own?.state === 'gone' ? own.theirs : 0;
    return { state: 'here', modifiedMs, sha256: text, change: own?.change ?? 0, mine, theirs };
  }
}
