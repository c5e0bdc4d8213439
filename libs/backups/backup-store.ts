import type { Stats } from 'node:fs';
import { readdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import {
  fsyncFolder,
  INTERNAL_FOLDER,
  listTree,
  makeFolder,
  partialBeside,
  removeQuietly,
  safeName,
} from '#libs/files';
import { FreshRuns, systemClock, type Clock } from '#libs/lifecycle';
import { silentLogger, type Logger } from '#libs/observe';
import { bytesOf, fileAt, writing } from './backup-file.ts';
import { absentAs, BackupHistory } from './backup-history.ts';
import type { BackupVersion } from './backup-version.ts';
import { CollectBudget } from './collect-budget.ts';
import { KnownVersions } from './known-versions.ts';
import { NameTurns } from './name-turns.ts';
import { receiveBody, tooLarge, type Body, type ReceivedBody } from './receive-body.ts';
import { Room } from './room.ts';

export interface BackupStoreOptions {
  /** The root; names are relative to it. */
  readonly folder: string;
  /** Of one file. */
  readonly maxBytes: number;
  /** Different names, those included that were removed and can be restored. */
  readonly maxFiles: number;
  /** Of all current files together. */
  readonly maxTotalBytes: number;
  /** Versions beside the current one, of each name. */
  readonly keepVersions: number;
  /** Bytes of these versions together, of each name. */
  readonly keepBytes: number;
  /** Bytes of the disk that backups leave free. */
  readonly reserveBytes: number;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface SaveOptions {
  /** Announced length in bytes. */
  readonly bytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is safe on the disk once `save` returns. */
export interface SavedBackup {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly created: number;
  /** True when there was one of that name before. */
  readonly replaced: boolean;
}

/** One name, in a list. */
export interface ListedBackup {
  readonly name: string;
  /** Bytes of the current file; undefined when it was removed and only versions are left. */
  readonly size: number | undefined;
  /** When the current file was saved, in Unix milliseconds. */
  readonly created: number | undefined;
}

/** Bytes of bodies that wait in memory, over all who save at once. */
const collectBytes = 64 * 1024 * 1024;

/**
 * Files that telephones have handed over for safe keeping, below one root. A save is whole or not at all; what it
 * replaces, and what is removed, stays as a version. Names are checked by `safeName`; any program may read the files.
 */
export class BackupStore {
  readonly #options: BackupStoreOptions;
  readonly #folder: string;
  readonly #incoming: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #history: BackupHistory;
  readonly #room: Room;
  readonly #budget = new CollectBudget(collectBytes);
  readonly #turns = new NameTurns();
  readonly #known = new KnownVersions();
  /** Who saves at the same time shares the syncing of a folder. */
  readonly #syncs = new FreshRuns<undefined>();

  constructor(options: BackupStoreOptions) {
    const { clock = systemClock, log = silentLogger() } = options;
    this.#options = options;
    this.#folder = path.resolve(options.folder);
    this.#incoming = path.join(this.#folder, INTERNAL_FOLDER, 'incoming');
    this.#clock = clock;
    this.#log = log;
    this.#history = new BackupHistory(this.#folder);
    this.#room = new Room({ ...options, folder: this.#folder, history: this.#history, clock });
  }

  /** Bytes of bodies that wait in memory. */
  get bufferedBytes(): number {
    return this.#budget.heldBytes;
  }

  /**
   * Make the folders, and sweep what an earlier process left half-written. The process that serves calls it before all
   * else; any other beside it must not sweep.
   */
  async prepare(how: 'sweep' | 'keep' = 'sweep'): Promise<void> {
    await makeFolder(this.#incoming, 0o750);
    if (how === 'keep') return;
    for (const name of await readdir(this.#incoming)) {
      await rm(path.join(this.#incoming, name), { recursive: true, force: true });
    }
  }

  /** @throws BranchlineError FILE_TOO_LARGE when so many announced bytes are too many. */
  requireSize(name: string, bytes: number): void {
    if (bytes > this.#options.maxBytes) throw tooLarge(name, this.#options.maxBytes);
  }

  /**
   * Take `body` to its end and put it under `name`. On return a power cut can no longer take it.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, FILE_TOO_LARGE, LENGTH_MISMATCH, BACKUPS_TOO_MANY,
   * DISK_FULL or WRITE_FAILED, the abort's reason, or what `body` throws; then the old file is untouched.
   */
  async save(name: string, body: Body, options: SaveOptions = {}): Promise<SavedBackup> {
    return await this.#save(safeName(name), body, options, this.#options.maxBytes);
  }

  /**
   * `save` for what a telephone has saved elsewhere, at `savedAt` (Unix milliseconds): that stays the time of the file, so that
   * a copy never passes for the newest. False, and nothing is changed, when what lies here by then is as new.
   * @throws BranchlineError as `save`.
   */
  async bring(name: string, body: Body, savedAt: number): Promise<boolean> {
    const safe = safeName(name);
    const { temporary, received } = await this.#receive(safe, body, {}, this.#options.maxBytes);
    return await this.#turns.run(safe, async () => {
      try {
        const here = await fileAt(path.join(this.#folder, safe));
        if (here !== undefined && here.mtimeMs >= savedAt) {
          await removeQuietly([temporary]);
          return false;
        }
        await writing(temporary, utimes(temporary, savedAt / 1000, savedAt / 1000));
        await this.#commit(safe, temporary, received);
        return true;
      } catch (error) {
        await removeQuietly([temporary]);
        throw error;
      }
    });
  }

  /**
   * Take a name away; its last file stays as a version. False when there was none.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, DISK_FULL or WRITE_FAILED.
   */
  async remove(name: string): Promise<boolean> {
    const safe = safeName(name);
    return await this.#turns.run(safe, async () => {
      const target = path.join(this.#folder, safe);
      const stats = await fileAt(target);
      if (stats === undefined) return false;
      const versions = await this.#keepCurrent(safe, target, stats);
      await writing(target, rm(target));
      await this.#sync(safe, true);
      this.#room.give(0, stats.size);
      await this.#prune(safe, versions);
      return true;
    });
  }

  /**
   * The versions of a name, newest first; the one that is the current file is not among them.
   * @throws BranchlineError PATH_OUTSIDE_TREE or NAME_MALFORMED.
   */
  async versions(name: string): Promise<BackupVersion[]> {
    const safe = safeName(name);
    const target = path.join(this.#folder, safe);
    const [stats, versions] = await Promise.all([fileAt(target), this.#history.versions(safe)]);
    if (stats === undefined) return versions;
    const current = await this.#history.find(safe, versions, target, stats);
    return versions.filter((version) => version !== current);
  }

  /**
   * Where the bytes of a version lie, for reading.
   * @throws BranchlineError NOT_FOUND, PATH_OUTSIDE_TREE or NAME_MALFORMED.
   */
  async pathOf(name: string, version: string): Promise<string> {
    const safe = safeName(name);
    const versions = await this.#history.versions(safe);
    const found = versions.find((known) => known.version === version);
    if (found !== undefined) return this.#history.pathOf(safe, found);
    throw new BranchlineError(
      'NOT_FOUND',
      `${JSON.stringify(safe)} has no version ${JSON.stringify(version.slice(0, 40))}`,
    );
  }

  /**
   * Make a version the current file again, as a new save; the one that it replaces becomes a version.
   * @throws BranchlineError NOT_FOUND, and as `save`.
   */
  async restore(name: string, version: string): Promise<SavedBackup> {
    const from = await this.pathOf(name, version);
    return await this.#save(safeName(name), bytesOf(from), {}, Infinity);
  }

  /**
   * Up to `limit` names in order of code units, beginning after the name `after`; with `removed`, those too of which
   * only versions are left. @throws BranchlineError TREE_TOO_LARGE.
   */
  async list(limit: number, { after = '', removed = false } = {}): Promise<ListedBackup[]> {
    const maxFiles = 2 * this.#options.maxFiles + 1000;
    const [files, kept] = await Promise.all([
      absentAs([], listTree(this.#folder, { maxFiles })),
      removed ? this.#history.names(maxFiles) : new Set<string>(),
    ]);
    const listed = new Map<string, ListedBackup>(
      [...kept].map((name) => [name, { name, size: undefined, created: undefined }]),
    );
    for (const { name, size, modifiedMs } of files) {
      listed.set(name, { name, size, created: Math.floor(modifiedMs) });
    }
    return [...listed.values()]
      .filter(({ name }) => name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  }

  async #save(
    name: string,
    body: Body,
    options: SaveOptions,
    maxBytes: number,
  ): Promise<SavedBackup> {
    const { temporary, received } = await this.#receive(name, body, options, maxBytes);
    try {
      options.signal?.throwIfAborted();
      return await this.#turns.run(name, () => this.#commit(name, temporary, received));
    } catch (error) {
      await removeQuietly([temporary]);
      throw error;
    }
  }

  /** A whole body in a temporary file, on the disk. */
  async #receive(
    name: string,
    body: Body,
    { bytes, signal }: SaveOptions,
    maxBytes: number,
  ): Promise<{ temporary: string; received: ReceivedBody }> {
    if (bytes !== undefined && bytes > maxBytes) throw tooLarge(name, maxBytes);
    await this.#room.requireDisk(bytes ?? 0);
    const temporary = partialBeside(path.join(this.#incoming, path.basename(name)));
    const budget = this.#budget;
    const received = await receiveBody(body, temporary, { name, bytes, maxBytes, signal, budget });
    return { temporary, received };
  }

  async #commit(
    name: string,
    temporary: string,
    { size, sha256, inode }: ReceivedBody,
  ): Promise<SavedBackup> {
    const target = path.join(this.#folder, name);
    const stats = await fileAt(target);
    const versions = stats
      ? await this.#keepCurrent(name, target, stats)
      : await this.#history.versions(name);
    const [newest] = versions;
    const known = stats !== undefined || newest !== undefined;
    await this.#room.replace(known, stats?.size ?? 0, size);
    let version: BackupVersion | undefined;
    let renamed = false;
    try {
      const created = Math.max(this.#clock.now(), (newest?.created ?? 0) + 1);
      if (known) version = await this.#history.keep(name, temporary, size, created);
      if (stats === undefined) await makeFolder(path.dirname(target), 0o750);
      await writing(target, rename(temporary, target));
      renamed = true;
      await this.#sync(name, known);
      if (version !== undefined) {
        const left = await this.#prune(name, versions);
        this.#known.remember(name, { inode, size, versions: [version, ...left] });
      }
      return { name, size, sha256, created, replaced: stats !== undefined };
    } catch (error) {
      this.#known.forget(name);
      // Once renamed, it is the current one.
      if (version !== undefined && !renamed) {
        await removeQuietly([this.#history.pathOf(name, version)]);
      }
      this.#room.give(known ? 0 : 1, size - (stats?.size ?? 0));
      throw error;
    }
  }

  /** The current file may come from elsewhere, or be the first of its name: then it is no version yet. Returns all. */
  async #keepCurrent(
    name: string,
    target: string,
    stats: Stats,
  ): Promise<readonly BackupVersion[]> {
    const known = this.#known.of(name, stats);
    if (known !== undefined) return known;
    const versions = await this.#history.versions(name);
    const current = await this.#history.find(name, versions, target, stats);
    if (current !== undefined) return versions;
    const kept = await this.#history.keep(name, target, stats.size, stats.mtimeMs);
    return [...versions, kept].sort((a, b) => b.created - a.created);
  }

  async #sync(name: string, versions: boolean): Promise<void> {
    const folder = path.dirname(path.join(this.#folder, name));
    await Promise.all([
      this.#syncs.of(folder, () => fsyncFolder(folder).then(() => undefined)),
      versions ? this.#history.sync(name) : undefined,
    ]);
  }

  /** Let the oldest versions go, and return the others. The save has succeeded whatever becomes of this. */
  async #prune(name: string, versions: readonly BackupVersion[]): Promise<BackupVersion[]> {
    const { keepVersions, keepBytes } = this.#options;
    let bytes = 0;
    const left: BackupVersion[] = [];
    const tooOld: BackupVersion[] = [];
    for (const [n, version] of versions.entries()) {
      bytes += version.size;
      (n >= keepVersions || bytes > keepBytes ? tooOld : left).push(version);
    }
    try {
      await this.#history.forget(name, tooOld);
    } catch (error) {
      left.push(...tooOld);
      this.#log.warn({ err: asBranchlineError(error), name }, 'old versions of a backup stay');
    }
    return left;
  }
}
