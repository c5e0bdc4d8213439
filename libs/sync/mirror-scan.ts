import { stat } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { asBranchlineError, systemCode } from '#libs/errors';
import { hashFile, type ListedFile } from '#libs/files';
import type { MirrorBook, MirrorFile, MirrorState, OwnFile } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import type { MirroredFolder } from './mirrored-folder.ts';

export interface MirrorScanOptions {
  readonly book: MirrorBook;
  readonly clock: Clock;
  /** Most of an area is gone at once, so many of so many files: not told, they come back from the other server. */
  readonly onEmptied: (folder: MirroredFolder, gone: number, of: number) => void;
}

/** What was written this short a time ago may still be written to: it is looked at again in the next scan. */
const restMs = 2_000;
/** Files that are read side by side: the disk's latency is hidden, the thread pool not filled. */
const readsAtOnce = 4;
/** Files that are compared before others get their turn. */
const looksAtOnce = 2_000;
/** Rows of one transaction: short enough not to hold anybody up. */
const rowsAtOnce = 200;
/** So few files may all go at once and count as removed. */
const fewFiles = 20;

/** Looks through a folder of the mirror and notes what has changed; an unchanged file is not read again. */
export class MirrorScan {
  readonly #options: MirrorScanOptions;

  constructor(options: MirrorScanOptions) {
    this.#options = options;
  }

  /** True when something has changed that the other server is to know. @throws BranchlineError TREE_TOO_LARGE. */
  async scan(folder: MirroredFolder, signal: AbortSignal): Promise<boolean> {
    const { book } = this.#options;
    const before = book.newest;
    const known = await this.#known(folder);
    const unread: ListedFile[] = [];
    const listed = await folder.list();
    for (let at = 0; at < listed.length; at += looksAtOnce) {
      const fresh: MirrorFile[] = [];
      for (const file of listed.slice(at, at + looksAtOnce)) {
        const row = known.get(file.name);
        if (row !== undefined && row.state !== 'gone' && isSame(file, row)) fresh.push(row);
        else unread.push(file);
      }
      this.#noteAll(folder, fresh, known);
      await breathe();
    }
    for (let at = 0; at < unread.length; at += readsAtOnce) {
      signal.throwIfAborted();
      const some = unread.slice(at, at + readsAtOnce);
      const read = await Promise.all(some.map((file) => this.#read(folder, file)));
      this.#noteAll(
        folder,
        read.filter((file) => file !== undefined),
        known,
      );
    }
    await this.#noteGone(folder, new Set(listed.map(({ name }) => name)), known);
    return book.newest > before;
  }

  /** With a hundred thousand of them nobody else has to wait for it. */
  async #known({ area }: MirroredFolder): Promise<Map<string, OwnFile>> {
    const known = new Map<string, OwnFile>();
    for (let after: string | undefined = ''; after !== undefined;) {
      const part: Map<string, OwnFile> = this.#options.book.own(area, after, looksAtOnce);
      for (const [name, file] of part) known.set(name, file);
      after = part.size < looksAtOnce ? undefined : [...part.keys()].at(-1);
      await breathe();
    }
    return known;
  }

  /** Of files that are there: those that the book does not know so. */
  #noteAll(
    folder: MirroredFolder,
    files: readonly MirrorFile[],
    known: ReadonlyMap<string, OwnFile>,
  ): void {
    const { book } = this.#options;
    const changed: Record<'here' | 'left', MirrorFile[]> = { here: [], left: [] };
    for (const file of files) {
      const state: MirrorState = folder.isMirrored(file) ? 'here' : 'left';
      const row = known.get(file.name);
      if (row?.state !== state || row.sha256 !== file.sha256 || !isSame(file, row))
        changed[state].push(file);
    }
    for (const state of ['here', 'left'] as const) {
      for (let at = 0; at < changed[state].length; at += rowsAtOnce)
        book.note(folder.area, changed[state].slice(at, at + rowsAtOnce), state);
    }
  }

  /** Undefined when it is being written to, or went, or may not be read. */
  async #read(folder: MirroredFolder, file: ListedFile): Promise<MirrorFile | undefined> {
    const { name, size, modifiedMs } = file;
    const sha256 = folder.digestOf?.(file);
    if (sha256 !== undefined) return { name, size, modifiedMs, sha256 };
    if (Math.abs(this.#options.clock.now() - modifiedMs) < restMs) return undefined;
    try {
      const at = folder.pathOf(name);
      const digest = await hashFile(at);
      const after = await stat(at);
      const still = after.size === size && after.mtimeMs === modifiedMs && digest.size === size;
      return still ? { name, size, modifiedMs, sha256: digest.sha256 } : undefined;
    } catch (error) {
      const { code } = asBranchlineError(error);
      if (code === 'FILE_CHANGED' || code === 'NOT_FOUND') return undefined;
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return undefined;
      throw error;
    }
  }

  async #noteGone(
    folder: MirroredFolder,
    there: ReadonlySet<string>,
    known: ReadonlyMap<string, OwnFile>,
  ): Promise<void> {
    const { book, clock, onEmptied } = this.#options;
    const rows = [...known.values()].filter(({ state }) => state !== 'gone');
    const missing = rows.filter(({ name }) => !there.has(name));
    const left = missing.filter(({ state }) => state === 'left');
    const gone = missing.filter(({ state }) => state === 'here');
    const overall = rows.filter(({ state }) => state === 'here').length;
    book.forget(folder.area, names(left));
    if (folder.restored === true) {
      book.forget(folder.area, names(gone));
      return;
    }
    if (gone.length > fewFiles && gone.length * 2 > overall) {
      book.forget(folder.area, names(gone));
      onEmptied(folder, gone.length, overall);
      return;
    }
    // A file that was put there since the list was made is not gone.
    const now = clock.now();
    for (let at = 0; at < gone.length; at += rowsAtOnce) {
      const some = gone.slice(at, at + rowsAtOnce);
      const sure = await Promise.all(some.map(({ name }) => isGone(folder.pathOf(name))));
      const removed = some.filter((_, n) => sure[n]).map((row) => ({ ...row, modifiedMs: now }));
      book.note(folder.area, removed, 'gone');
    }
  }
}

const names = (files: readonly MirrorFile[]): string[] => files.map(({ name }) => name);

const isSame = (one: Pick<ListedFile, 'size' | 'modifiedMs'>, other: typeof one): boolean =>
  one.size === other.size && one.modifiedMs === other.modifiedMs;

async function isGone(file: string): Promise<boolean> {
  try {
    await stat(file);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
  }
}
