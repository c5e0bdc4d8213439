import { stat } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import { hashFile, ifThere, removeQuietly } from '#libs/files';
import type { Differing, MirrorBook, MirrorOrigin } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { fetchMirrored, type MirrorBytes } from './mirror-fetch.ts';
import { decideMirror } from './mirror-decision.ts';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
import { publishingRank } from './placement.ts';

export interface MirrorTakingOptions {
  readonly book: MirrorBook;
  readonly source: MirrorBytes;
  /** Bytes of the disk that the mirror leaves free. */
  readonly reserveBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** True when the other server knows of this change here, and has kept what it wants to keep of it. */
  readonly hasSeen: (change: number) => boolean;
  /** Both servers had changed it: `name` here has the later bytes, the others are a version. */
  readonly onConflict: (folder: MirroredFolder, name: string) => void;
}

/** A file that is not as at the other server yet. */
export interface MirrorFailure {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Files that are fetched side by side. */
const fetchesAtOnce = 4;
/** Rows that are decided before others get their turn. */
const rowsAtOnce = 200;
/** Files of one set; the order in which telephones need them is kept over more sets than one. */
const maxSet = 2_000;
/** Failures that are told, of each folder; the others are counted. */
const maxFailures = 20;

/** Makes a folder here what it is at the other server, as far as that one is right. */
export class MirrorTaking {
  readonly #options: MirrorTakingOptions;

  constructor(options: MirrorTakingOptions) {
    this.#options = options;
  }

  /** Deal with all that differs. Returns what could not be done, at most `maxFailures` by name; throws only when aborted. */
  async take(
    folder: MirroredFolder,
    signal: AbortSignal,
    onLeft: (left: number) => void,
  ): Promise<{ failures: MirrorFailure[]; failed: number; changed: boolean }> {
    const work = new FolderWork(folder, this.#options, signal);
    const wanted: Wanted[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const rows = this.#options.book.differing(folder.area, after, rowsAtOnce);
      for (const row of rows) {
        const wants = await work.decide(row);
        if (wants !== undefined) wanted.push(wants);
      }
      after = rows.length < rowsAtOnce ? undefined : rows.at(-1)?.name;
      await breathe();
    }
    wanted.sort((a, b) => publishingRank(a.name) - publishingRank(b.name));
    const step = folder.together === true ? maxSet : fetchesAtOnce;
    for (let at = 0; at < wanted.length; at += step) {
      onLeft(wanted.length - at);
      signal.throwIfAborted();
      await work.bring(wanted.slice(at, at + step));
    }
    onLeft(work.failed);
    return work;
  }
}

type Wanted = Differing & Pick<FetchedFile, 'replaces'>;

/** What is taken over is what it is there. */
const originOf = ({ mine, theirs }: Differing): MirrorOrigin => ({ mine, theirs });

/** One walk through one folder. */
class FolderWork {
  readonly failures: MirrorFailure[] = [];
  failed = 0;
  changed = false;
  readonly #folder: MirroredFolder;
  readonly #options: MirrorTakingOptions;
  readonly #signal: AbortSignal;

  constructor(folder: MirroredFolder, options: MirrorTakingOptions, signal: AbortSignal) {
    this.#folder = folder;
    this.#options = options;
    this.#signal = signal;
  }

  /** What is to be fetched; anything else is done. */
  async decide(row: Differing): Promise<Wanted | undefined> {
    const { name } = row;
    return await this.#trying(name, async () => {
      const { book } = this.#options;
      const own = row.own?.state === 'here' ? row.own : await this.#onDisk(row);
      if (!row.gone && own?.state === 'here' && own.sha256 === row.sha256) {
        book.close(row);
        return undefined;
      }
      const decision = decideMirror({ ...row, own });
      if (decision === 'take') {
        const replaces = own?.state === 'here' ? own.sha256 : undefined;
        const conflict = own?.state === 'here' && row.mine < own.mine;
        if (conflict && this.#folder.tells && !this.#options.hasSeen(own.change)) {
          // It has won there, and would never see what it has won against.
          this.failed += 1;
          return undefined;
        }
        if (conflict) this.#options.onConflict(this.#folder, name);
        return { ...row, replaces };
      }
      if (decision === 'keep theirs' && row.kept !== row.sha256) {
        const fetched = await this.#fetch({ ...row, replaces: own?.sha256 });
        await this.#using(fetched, () => this.#folder.keepVersion(fetched));
        book.noteKept(this.#folder.area, row);
        this.#options.onConflict(this.#folder, name);
      }
      if (decision === 'stay' || decision === 'keep theirs') book.close(row);
      if (decision === 'remove' && own !== undefined) await this.#remove(row, own.sha256);
      return undefined;
    });
  }

  /** Fetch some, side by side, and put them in place together. */
  async bring(files: readonly Wanted[]): Promise<void> {
    const got: FetchedFile[] = [];
    let rank = Infinity;
    for (let at = 0; at < files.length; at += fetchesAtOnce) {
      const some = files.slice(at, at + fetchesAtOnce);
      const ends = await Promise.all(
        some.map((file) => this.#trying(file.name, () => this.#fetch(file))),
      );
      for (const [n, file] of ends.entries()) {
        if (file !== undefined) got.push(file);
        else rank = Math.min(rank, publishingRank(some[n]?.name ?? ''));
      }
    }
    await this.#using(got, async () => {
      // Settings and upgrade files wait for all that they may name.
      const set = got.filter(
        ({ name }) => this.#folder.together !== true || publishingRank(name) <= rank,
      );
      const [first] = set;
      if (first === undefined) return;
      await this.#trying(first.name, async () => {
        const taken = await this.#folder.take(set, this.#signal);
        await this.#noteTaken(
          files,
          set.filter(({ name }) => taken.has(name)),
        );
        // What was changed here meanwhile is looked at again.
        this.failed += got.length - taken.size;
      });
    });
  }

  async #noteTaken(wanted: readonly Wanted[], files: readonly FetchedFile[]): Promise<void> {
    const { book, log } = this.#options;
    const { area } = this.#folder;
    const origins = new Map(wanted.map((row) => [row.name, originOf(row)]));
    for (const { name, size, sha256, modifiedMs } of files) {
      const there = await ifThere(stat(this.#folder.pathOf(name)));
      if (there?.size !== size) continue;
      const time = this.#folder.digestOf === undefined ? there.mtimeMs : modifiedMs;
      const origin = origins.get(name);
      book.note(area, [{ name, size, sha256, modifiedMs: time, ...(origin && { origin }) }]);
      log.info({ area, name, bytes: size }, 'taken from the other server');
      this.changed = true;
    }
  }

  async #remove(row: Differing, sha256: string): Promise<void> {
    const { name } = row;
    const { book, clock, log } = this.#options;
    const { area } = this.#folder;
    if (!(await this.#folder.remove(name, sha256))) return;
    const origin = originOf(row);
    book.note(area, [{ name, size: 0, sha256, modifiedMs: clock.now(), origin }], 'gone');
    log.info({ area, name }, 'removed, as at the other server');
    this.changed = true;
  }

  async #fetch(file: Wanted): Promise<FetchedFile> {
    const { source, reserveBytes } = this.#options;
    return await fetchMirrored(source, this.#folder, file, { reserveBytes, signal: this.#signal });
  }

  /** A file may lie here that the book does not know: it came with an update, or a moment ago. */
  async #onDisk({ name, own }: Differing): Promise<Differing['own']> {
    const at = this.#folder.pathOf(name);
    const there = await ifThere(stat(at));
    if (there?.isFile() !== true) return own?.state === 'gone' ? own : undefined;
    const modifiedMs = there.mtimeMs;
    const known = own?.state === 'left' && own.modifiedMs === modifiedMs ? own.sha256 : undefined;
    const sha256 = known ?? (await hashFile(at)).sha256;
    // The other server cannot know of it.
    const mine = Number.MAX_SAFE_INTEGER;
    const theirs = own?.state === 'gone' ? own.theirs : 0;
    return { state: 'here', modifiedMs, sha256, change: own?.change ?? 0, mine, theirs };
  }

  /** What the folder has not moved goes. */
  async #using<T>(
    fetched: FetchedFile | readonly FetchedFile[],
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } finally {
      await removeQuietly([fetched].flat().map((file) => file.path));
    }
  }

  async #trying<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      const known = asBranchlineError(error);
      this.failed += 1;
      // It has changed there since: the next page of the catalogue says how.
      if (known.code === 'PEER_LACKS_FILE') return undefined;
      if (this.failures.length < maxFailures) {
        const { code, message } = known;
        this.failures.push({ name, code, message });
        const facts = { area: this.#folder.area, name, code, reason: message };
        this.#options.log.warn(facts, 'not as at the other server');
      }
      return undefined;
    }
  }
}
