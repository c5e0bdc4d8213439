import type { Stats } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { asBranchlineError } from '#libs/errors';
import { fsyncFolder, hashFile, makeFolder, removeQuietly, renameFile } from '#libs/files';
import { FreshRuns, type Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { fileAt, writing } from './backup-file.ts';
import { absentAs, type BackupHistory } from './backup-history.ts';
import type { BackupVersion } from './backup-version.ts';
import { KnownVersions } from './known-versions.ts';
import type { ReceivedBody } from './receive-body.ts';
import type { Room } from './room.ts';

export interface KeptFilesOptions {
  /** The root; names are relative to it. */
  readonly folder: string;
  readonly history: BackupHistory;
  readonly room: Room;
  /** Versions beside the current one, of each name. */
  readonly keepVersions: number;
  /** Bytes of these versions together, of each name. */
  readonly keepBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A whole file on the same disk, fsynced. */
export interface WholeFile extends ReceivedBody {
  readonly path: string;
  /** When it was saved elsewhere, in Unix milliseconds; undefined: here and now. */
  readonly savedAt?: number;
}

/** What is safe on the disk once it was put there. */
export interface SavedBackup {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly created: number;
  /** True when there was one of that name before. */
  readonly replaced: boolean;
}

/** The current files of a store and the versions beside them. Names are safe, and who calls has the name's turn. */
export class KeptFiles {
  readonly #options: KeptFilesOptions;
  readonly #known = new KnownVersions();
  /** Who saves at the same time shares the syncing of a folder. */
  readonly #syncs = new FreshRuns<undefined>();

  constructor(options: KeptFilesOptions) {
    this.#options = options;
  }

  /** SHA-256 of the current file; undefined when there is none. @throws BranchlineError NAME_MALFORMED for a folder. */
  async digest(name: string): Promise<string | undefined> {
    const target = this.#of(name);
    if ((await fileAt(target)) === undefined) return undefined;
    return (await absentAs(undefined, hashFile(target)))?.sha256;
  }

  /** Make a file the current one; the one that it replaces stays as a version. `file.path` is gone afterwards. */
  async put(name: string, file: WholeFile): Promise<SavedBackup> {
    const { history, room, clock } = this.#options;
    const { size, sha256, inode } = file;
    const target = this.#of(name);
    const stats = await fileAt(target);
    const versions = stats
      ? await this.#keepCurrent(name, target, stats)
      : await history.versions(name);
    const [newest] = versions;
    const known = stats !== undefined || newest !== undefined;
    await room.replace(known, stats?.size ?? 0, size);
    let version: BackupVersion | undefined;
    let renamed = false;
    try {
      // The current one is the newest of all, whatever the clocks say; one from elsewhere keeps its time where it may.
      const now = clock.now();
      const at = Math.min(file.savedAt ?? now, now);
      const created = Math.max(Math.floor(at), (newest?.created ?? 0) + 1);
      if (known) version = await history.keep(name, file.path, size, created);
      if (stats === undefined) await makeFolder(path.dirname(target), 0o750);
      await writing(target, renameFile(file.path, target));
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
        await removeQuietly([history.pathOf(name, version)]);
      }
      room.give(known ? 0 : 1, size - (stats?.size ?? 0));
      throw error;
    }
  }

  /** Take the current file away; it stays as a version. False when there was none. */
  async remove(name: string): Promise<boolean> {
    const target = this.#of(name);
    const stats = await fileAt(target);
    if (stats === undefined) return false;
    const versions = await this.#keepCurrent(name, target, stats);
    await writing(target, rm(target));
    await this.#sync(name, true);
    this.#options.room.give(0, stats.size);
    await this.#prune(name, versions);
    return true;
  }

  /** Keep a file beside the current one, as an older version; one that is kept already is not kept twice. */
  async keepBeside(name: string, file: WholeFile & { readonly savedAt: number }): Promise<void> {
    const { history, room, clock } = this.#options;
    const target = this.#of(name);
    const stats = await fileAt(target);
    const versions = stats
      ? await this.#keepCurrent(name, target, stats)
      : await history.versions(name);
    if (await this.#isKept(name, versions, file)) return;
    const [newest] = versions;
    await room.replace(newest !== undefined, 0, 0);
    const at = Math.floor(Math.min(file.savedAt, clock.now()));
    const current = stats === undefined ? undefined : newest;
    const created = current === undefined ? at : Math.min(at, current.created - 1);
    this.#known.forget(name);
    const version = await history.keep(name, file.path, file.size, created);
    await history.sync(name);
    const all = [...versions, version].sort((a, b) => b.created - a.created);
    await this.#prune(
      name,
      all.filter((one) => one !== current),
    );
  }

  async #isKept(
    name: string,
    versions: readonly BackupVersion[],
    { size, sha256 }: WholeFile,
  ): Promise<boolean> {
    for (const version of versions) {
      if (version.size !== size) continue;
      const kept = await absentAs(undefined, hashFile(this.#options.history.pathOf(name, version)));
      if (kept?.sha256 === sha256) return true;
    }
    return false;
  }

  #of(name: string): string {
    return path.join(this.#options.folder, name);
  }

  /** The current file may come from elsewhere, or be the first of its name: then it is no version yet. Returns all. */
  async #keepCurrent(
    name: string,
    target: string,
    stats: Stats,
  ): Promise<readonly BackupVersion[]> {
    const known = this.#known.of(name, stats);
    if (known !== undefined) return known;
    const versions = await this.#options.history.versions(name);
    const current = await this.#options.history.find(name, versions, target, stats);
    if (current !== undefined) return versions;
    const kept = await this.#options.history.keep(name, target, stats.size, stats.mtimeMs);
    return [...versions, kept].sort((a, b) => b.created - a.created);
  }

  async #sync(name: string, versions: boolean): Promise<void> {
    const folder = path.dirname(this.#of(name));
    await Promise.all([
      this.#syncs.of(folder, () => fsyncFolder(folder).then(() => undefined)),
      versions ? this.#options.history.sync(name) : undefined,
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
      await this.#options.history.forget(name, tooOld);
    } catch (error) {
      left.push(...tooOld);
      this.#options.log.warn(
        { err: asBranchlineError(error), name },
        'old versions of a backup stay',
      );
    }
    return left;
  }
}
