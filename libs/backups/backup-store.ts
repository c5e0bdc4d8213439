import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import {
  INTERNAL_FOLDER,
  listTree,
  makeFolder,
  partialBeside,
  removeQuietly,
  safeName,
} from '#libs/files';
import { systemClock, type Clock } from '#libs/lifecycle';
import { silentLogger, type Logger } from '#libs/observe';
import { bytesOf, fileAt, writing } from './backup-file.ts';
import { absentAs, BackupHistory } from './backup-history.ts';
import type { BackupVersion } from './backup-version.ts';
import { CollectBudget } from './collect-budget.ts';
import { KeptFiles, type SavedBackup, type WholeFile } from './kept-files.ts';
import { NameTurns } from './name-turns.ts';
import { receiveBody, tooLarge, type Body } from './receive-body.ts';
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
  /**
   * Told of what was saved, restored, removed or brought, in the order in which it was done to a name. Who saves is
   * acknowledged once this resolves; a failure is logged, as what is on the disk is saved.
   */
  readonly onSettled?: ((change: SettledBackup) => Promise<void>) | undefined;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface SaveOptions {
  /** Announced length in bytes. */
  readonly bytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file of another server of the same people, whole and fsynced, on the disk of the store. */
export interface BroughtFile {
  readonly path: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** When it was saved there, in Unix milliseconds; the time of the file as well. */
  readonly modifiedMs: number;
}

/** What has become of a name, once it is on the disk. */
export type SettledBackup =
  | {
      readonly name: string;
      readonly size: number;
      readonly sha256: string;
      /** Of the file, as the disk says. */
      readonly modifiedMs: number;
    }
  | { readonly name: string; readonly gone: true };

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
  readonly #log: Logger;
  readonly #history: BackupHistory;
  readonly #room: Room;
  readonly #files: KeptFiles;
  readonly #budget = new CollectBudget(collectBytes);
  readonly #turns = new NameTurns();

  constructor(options: BackupStoreOptions) {
    const { clock = systemClock, log = silentLogger() } = options;
    this.#options = options;
    this.#folder = path.resolve(options.folder);
    this.#incoming = path.join(this.#folder, INTERNAL_FOLDER, 'incoming');
    this.#log = log;
    this.#history = new BackupHistory(this.#folder);
    const shared = { ...options, folder: this.#folder, history: this.#history, clock, log };
    this.#room = new Room(shared);
    this.#files = new KeptFiles({ ...shared, room: this.#room });
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
   * Take `body` to its end and put it under `name`. On return a power cut can no longer take it, and `onSettled` was told.
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
    const file = await this.#receive(safe, body, {}, this.#options.maxBytes);
    return await this.#turns.run(safe, async () => {
      try {
        const here = await fileAt(path.join(this.#folder, safe));
        if (here !== undefined && here.mtimeMs >= savedAt) {
          await removeQuietly([file.path]);
          return false;
        }
        await writing(file.path, utimes(file.path, savedAt / 1000, savedAt / 1000));
        const { mtimeMs } = await stat(file.path);
        await this.#files.put(safe, { ...file, savedAt });
        // Not waited for: a telephone waits, and the hub has the bytes.
        void this.#tell({ name: safe, ...digestOf(file), modifiedMs: mtimeMs });
        return true;
      } catch (error) {
        await removeQuietly([file.path]);
        throw error;
      }
    });
  }

  /**
   * Put a file of the other server of a pair under `name`, when what is here is still `replaces` (SHA-256; undefined for
   * nothing). False, and nothing is changed, when it is not. `file.path` is gone once it is true. Nobody is told of it.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, BACKUPS_TOO_MANY, DISK_FULL or WRITE_FAILED.
   */
  async put(name: string, file: BroughtFile, replaces: string | undefined): Promise<boolean> {
    const safe = safeName(name);
    await this.#room.requireDisk(0);
    return await this.#turns.run(safe, async () => {
      if ((await this.#files.digest(safe)) !== replaces) return false;
      await this.#files.put(safe, await wholeFile(file));
      return true;
    });
  }

  /**
   * Keep a file of the other server of a pair as a version beside what is here. `file.path` stays, to be removed.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, BACKUPS_TOO_MANY, DISK_FULL or WRITE_FAILED.
   */
  async keepVersion(name: string, file: BroughtFile): Promise<void> {
    const safe = safeName(name);
    await this.#room.requireDisk(0);
    await this.#turns.run(safe, async () => {
      await this.#files.keepBeside(safe, await wholeFile(file));
    });
  }

  /**
   * Take a name away; its last file stays as a version. False when there was none.
   * @throws BranchlineError PATH_OUTSIDE_TREE, NAME_MALFORMED, DISK_FULL or WRITE_FAILED.
   */
  async remove(name: string): Promise<boolean> {
    const safe = safeName(name);
    const { removed, told } = await this.#turns.run(safe, async () => {
      const was = await this.#files.remove(safe);
      return { removed: was, told: was ? this.#tell({ name: safe, gone: true }) : undefined };
    });
    await told;
    return removed;
  }

  /** `remove` for the other server of a pair: only of these bytes, and nobody is told. False when there are others. */
  async removeSame(name: string, sha256: string): Promise<boolean> {
    const safe = safeName(name);
    return await this.#turns.run(safe, async () => {
      if ((await this.#files.digest(safe)) !== sha256) return false;
      return await this.#files.remove(safe);
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
    const file = await this.#receive(name, body, options, maxBytes);
    try {
      options.signal?.throwIfAborted();
      const { saved, told } = await this.#turns.run(name, async () => {
        const put = await this.#files.put(name, file);
        const { modifiedMs } = file;
        return { saved: put, told: this.#tell({ name, ...digestOf(file), modifiedMs }) };
      });
      await told;
      return saved;
    } catch (error) {
      await removeQuietly([file.path]);
      throw error;
    }
  }

  /**
   * Called in the name's turn, so that changes are told in their order, and waited for outside it: who is slow to listen
   * does not hold the next save of that name. Never rejects: what is on the disk is saved.
   */
  async #tell(change: SettledBackup): Promise<void> {
    try {
      await this.#options.onSettled?.(change);
    } catch (error) {
      this.#log.warn({ err: asBranchlineError(error), name: change.name }, 'a save was not told');
    }
  }

  /** A whole body in a temporary file, on the disk. */
  async #receive(
    name: string,
    body: Body,
    { bytes, signal }: SaveOptions,
    maxBytes: number,
  ): Promise<WholeFile> {
    if (bytes !== undefined && bytes > maxBytes) throw tooLarge(name, maxBytes);
    await this.#room.requireDisk(bytes ?? 0);
    const temporary = partialBeside(path.join(this.#incoming, path.basename(name)));
    const budget = this.#budget;
    const received = await receiveBody(body, temporary, { name, bytes, maxBytes, signal, budget });
    return { ...received, path: temporary };
  }
}

const digestOf = ({ size, sha256 }: WholeFile): Pick<WholeFile, 'size' | 'sha256'> => ({
  size,
  sha256,
});

/** @throws BranchlineError WRITE_FAILED when it is gone. */
async function wholeFile(file: BroughtFile): Promise<WholeFile & { readonly savedAt: number }> {
  const { ino } = await writing(file.path, stat(file.path));
  return { ...file, inode: ino, savedAt: file.modifiedMs };
}
