import { constants, type Stats } from 'node:fs';
import { copyFile, link, open, opendir, readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { asDiskError, fsyncFolder, hashFile, INTERNAL_FOLDER, makeFolder } from '#libs/files';
import { fileOf, versionAt, versionIn, type BackupVersion } from './backup-version.ts';

/** What a folder of versions ends with, so that it never meets the folder of a name below it. */
const folderEnd = '.versions';

/** Answers of disks that know no hard links (FAT, some network shares). */
const noLinks = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV']);

/** Two saves of one name within a millisecond take the next free one. */
const maxNudges = 100;

/**
 * The versions of every backup below one root: `.branchline/history/NAME.versions/TIME.SIZE`, hard links to the files
 * that were or are the current ones. A version is there before it becomes the current one, so that nothing which
 * happens to the current file, not even another program's rename, can lose it.
 */
export class BackupHistory {
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = path.join(root, INTERNAL_FOLDER, 'history');
  }

  /** Newest first; none when the name was never saved twice. */
  async versions(name: string): Promise<BackupVersion[]> {
    const files = await absentAs([], readdir(this.#of(name)));
    return files
      .map(versionIn)
      .filter((version) => version !== undefined)
      .sort((a, b) => b.created - a.created);
  }

  /** Where the bytes of a version lie. */
  pathOf(name: string, version: BackupVersion): string {
    return path.join(this.#of(name), fileOf(version));
  }

  /**
   * Keep `file` as a version of `name`, saved at `created` or as soon after it as no other was.
   * @throws BranchlineError DISK_FULL or WRITE_FAILED.
   */
  async keep(name: string, file: string, size: number, created: number): Promise<BackupVersion> {
    let fresh = false;
    for (let at = Math.floor(created); ; at += 1) {
      const version = versionAt(at, size);
      try {
        await linkOrCopy(file, this.pathOf(name, version));
        return version;
      } catch (error) {
        const code = systemCode(error);
        if (code === 'ENOENT' && !fresh) {
          await makeFolder(this.#of(name), 0o750);
          fresh = true;
          at -= 1;
        } else if (code !== 'EEXIST' || at - created > maxNudges) {
          throw asDiskError(error, this.pathOf(name, version));
        }
      }
    }
  }

  /** The one of `versions` that is the file at `place`, which looks like `stats`. */
  async find(
    name: string,
    versions: readonly BackupVersion[],
    place: string,
    stats: Stats,
  ): Promise<BackupVersion | undefined> {
    for (const version of versions) {
      const found = await absentAs(undefined, stat(this.pathOf(name, version)));
      if (found !== undefined && isSameFile(found, stats)) return version;
    }
    // On a disk without hard links the newest version is a copy.
    const [newest] = versions;
    if (newest?.size !== stats.size) return undefined;
    const [here, kept] = await Promise.all([hashFile(place), hashFile(this.pathOf(name, newest))]);
    return here.sha256 === kept.sha256 ? newest : undefined;
  }

  async forget(name: string, versions: readonly BackupVersion[]): Promise<void> {
    for (const version of versions) {
      await absentAs(undefined, unlink(this.pathOf(name, version)));
    }
  }

  /** What was kept of `name` survives a power cut. */
  async sync(name: string): Promise<void> {
    await fsyncFolder(this.#of(name));
  }

  /**
   * Every name that has versions, whether it is still there or was removed.
   * @throws BranchlineError TREE_TOO_LARGE.
   */
  async names(maxNames: number): Promise<Set<string>> {
    const names = new Set<string>();
    const folders = [''];
    for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
      for (const entry of await foldersIn(path.join(this.#folder, at), maxNames)) {
        const below = path.posix.join(at, entry);
        folders.push(below);
        // A folder may be both: the versions of one name, and a part of others.
        if (below.endsWith(folderEnd)) names.add(below.slice(0, -folderEnd.length));
        if (folders.length + names.size > maxNames) throw tooLarge(this.#folder, maxNames);
      }
    }
    return names;
  }

  #of(name: string): string {
    return path.join(this.#folder, `${name}${folderEnd}`);
  }
}

/** One file under two names. Its number alone would not do: NTFS has 64 bits for it, of which 53 are left here. */
const isSameFile = (one: Stats, other: Stats): boolean =>
  one.ino === other.ino && one.size === other.size && one.mtimeMs === other.mtimeMs;

async function foldersIn(folder: string, max: number): Promise<string[]> {
  const found: string[] = [];
  const entries = await absentAs(undefined, opendir(folder));
  for await (const entry of entries ?? []) {
    if (entry.isDirectory()) found.push(entry.name);
    if (found.length > max) throw tooLarge(folder, max);
  }
  return found;
}

const tooLarge = (folder: string, max: number): BranchlineError =>
  new BranchlineError(
    'TREE_TOO_LARGE',
    `${folder} holds versions of more than ${max} files: remove some`,
  );

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noLinks.has(systemCode(error) ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    const handle = await open(to, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }
}

export async function absentAs<T, E>(otherwise: E, work: Promise<T>): Promise<T | E> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return otherwise;
    throw error;
  }
}
