import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '#libs/errors';
import { hashFile, listTree, type ListedFile } from '#libs/files';
import type { OutgoingFile, OutgoingTable, UploadKind } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';

/** A folder whose files go up. */
export interface OutgoingSource {
  /** Stands before each name, so that folders of one kind cannot be confused; empty for none. */
  readonly prefix: string;
  readonly folder: string;
  /** Without what lies in sub-folders. */
  readonly flat?: boolean;
  /** False for a file that is not finished, by its name. */
  readonly mayBeClosed?: (name: string) => boolean;
}

export interface OutgoingFilesOptions {
  readonly kind: UploadKind;
  readonly sources: readonly OutgoingSource[];
  readonly table: OutgoingTable;
  readonly clock: Clock;
  /** True for a new file that need not be seen standing still. Without it none is looked at twice. */
  readonly isClosedByName?: (name: string) => boolean;
  /** Between the two looks at a file that does not say by its name that it is closed, in milliseconds. */
  readonly lookMs?: number;
}

/** A file that was written this short a time ago may still be written to: it is looked at again in the next run. */
const restMs = 2_000;
const defaultLookMs = 1_000;
/** Files that are read side by side: the disk's latency is hidden, the thread pool not filled. */
const readsAtOnce = 8;
/** Rows of one transaction: short enough not to hold anybody up. */
const rowsAtOnce = 200;

/** What lies in the folders of one kind, each file with its digest; an unchanged one is not read again. */
export class OutgoingFiles {
  readonly #options: OutgoingFilesOptions;

  constructor(options: OutgoingFilesOptions) {
    this.#options = options;
  }

  get kind(): UploadKind {
    return this.#options.kind;
  }

  /** Where a file of this kind lies on disk. */
  pathOf(name: string): string {
    const source = this.#options.sources.find(
      ({ prefix }) => prefix === '' || name.startsWith(`${prefix}/`),
    );
    const inside = source === undefined ? name : name.slice(prefixLength(source));
    return path.join(source?.folder ?? '', inside);
  }

  /** Oldest first. @throws BranchlineError TREE_TOO_LARGE. */
  async scan(signal: AbortSignal): Promise<OutgoingFile[]> {
    const { kind, table, clock } = this.#options;
    const known = table.all(kind);
    const gone = new Set(known.keys());
    const found: OutgoingFile[] = [];
    let fresh: OutgoingFile[] = [];
    const save = (): void => {
      if (fresh.length > 0) table.record(fresh);
      fresh = [];
    };
    const unread: ListedFile[] = [];
    for (const file of await this.#still(await this.#list(), known, signal)) {
      gone.delete(file.name);
      const before = known.get(file.name);
      if (before !== undefined && isSame(before, file)) found.push(before);
      else if (Math.abs(clock.now() - file.modifiedMs) >= restMs) unread.push(file);
    }
    for (let at = 0; at < unread.length; at += readsAtOnce) {
      signal.throwIfAborted();
      const some = unread.slice(at, at + readsAtOnce);
      const digests = await Promise.all(some.map((file) => this.#digest(file)));
      some.forEach(({ name, size, modifiedMs }, n) => {
        const sha256 = digests[n];
        if (sha256 === undefined) return;
        const file = { kind, name, size, modifiedMs, sha256, noticedAt: clock.now() };
        found.push(file);
        fresh.push(file);
      });
      if (fresh.length >= rowsAtOnce) save();
    }
    save();
    table.forget(kind, [...gone]);
    return found.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
  }

  /** Without those that change between two looks; gone ones are left to the next run. */
  async #still(
    files: ListedFile[],
    known: ReadonlyMap<string, OutgoingFile>,
    signal: AbortSignal,
  ): Promise<ListedFile[]> {
    const { isClosedByName, lookMs = defaultLookMs } = this.#options;
    if (isClosedByName === undefined) return files;
    const unsure = new Map(
      files
        .filter((file) => !isClosedByName(file.name) && !isSame(file, known.get(file.name)))
        .map((file) => [file.name, file]),
    );
    if (unsure.size === 0) return files;
    await sleep(lookMs, undefined, { signal });
    const later = new Map((await this.#list()).map((file) => [file.name, file]));
    return files.filter(({ name }) => {
      const first = unsure.get(name);
      return first === undefined || isSame(first, later.get(name));
    });
  }

  async #list(): Promise<ListedFile[]> {
    const lists = await Promise.all(
      this.#options.sources.map(async (source) => {
        const { prefix, flat = false, mayBeClosed = () => true } = source;
        const files = await listTree(source.folder).catch((error: unknown) => {
          if (systemCode(error) === 'ENOENT') return [];
          throw error;
        });
        return files
          .filter(({ name }) => mayBeClosed(name) && !(flat && name.includes('/')))
          .map((file) => ({ ...file, name: prefix === '' ? file.name : `${prefix}/${file.name}` }));
      }),
    );
    return lists.flat();
  }

  /** Undefined when the file was written to, or went, while it was read. */
  async #digest({ name, size, modifiedMs }: ListedFile): Promise<string | undefined> {
    try {
      const file = this.pathOf(name);
      const digest = await hashFile(file);
      const after = await stat(file);
      const still = after.size === size && after.mtimeMs === modifiedMs && digest.size === size;
      return still ? digest.sha256 : undefined;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return undefined;
      throw error;
    }
  }
}

type Look = Pick<ListedFile, 'size' | 'modifiedMs'>;

const isSame = (one: Look, other: Look | undefined): boolean =>
  one.size === other?.size && one.modifiedMs === other.modifiedMs;

const prefixLength = ({ prefix }: OutgoingSource): number =>
  prefix === '' ? 0 : prefix.length + 1;
