import type { Stats } from 'node:fs';
import { lstat, mkdir, realpath, rm, rmdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import {
  asDiskError,
  fsyncFolder,
  ifThere,
  INTERNAL_FOLDER,
  openInside,
  renameDurably,
  streamDurably,
} from '#libs/files';
import {
  ApplicationFolders,
  missing,
  onDisk,
  requireInside,
  shown,
  type ApplicationFolder,
  type Place,
} from './application-folders.ts';
import type { FileArea, Kept, OpenFile, Saved } from './file-area.ts';
import { entryOf, folderEntries } from './folder-entries.ts';
import type { Entry } from './listing.ts';
import type { VirtualPath } from './virtual-path.ts';

export interface SuperUserFiles {
  readonly folders: readonly ApplicationFolder[];
  /** Of one file. */
  readonly maxBytes: number;
  /** Entries of one folder that are listed. */
  readonly listed: number;
}

/** Of an application folder: uploads that are not complete, never listed and never served. */
const incomingFolder = [INTERNAL_FOLDER, 'incoming'];

type Inside = Extract<Place, { kind: 'inside' }>;

/** The super user's files: the application's own folders and nothing else of this machine (Guide p. 16 and 17). */
export class SuperUserArea implements FileArea {
  readonly owner = 'super user';
  readonly patient = true;
  readonly #files: SuperUserFiles;
  readonly #folders: ApplicationFolders;

  constructor(files: SuperUserFiles) {
    this.#files = files;
    this.#folders = new ApplicationFolders(files.folders);
  }

  /** Sweep what an earlier process left half-written; before anybody logs in. */
  async prepare(): Promise<void> {
    for (const { folder } of this.#files.folders) {
      await rm(path.join(folder, ...incomingFolder), { recursive: true, force: true });
    }
  }

  async enter(folder: VirtualPath): Promise<void> {
    const entry = await this.look(folder);
    if (!entry.folder) throw missing(folder);
  }

  async list(whole: VirtualPath): Promise<readonly Entry[]> {
    const place = await this.#folders.locate(whole);
    if (place.kind === 'top') return place.names.map(topEntry);
    const real = await this.#real(place, whole);
    const stats = await stat(real);
    if (stats.isDirectory()) return await folderEntries(real, place.root, this.#files.listed);
    const entry = entryOf(path.basename(real), stats);
    if (entry === undefined) throw missing(whole);
    return [entry];
  }

  async look(whole: VirtualPath): Promise<Entry> {
    const place = await this.#folders.locate(whole);
    const name = whole.at(-1) ?? '/';
    if (place.kind === 'top') return topEntry(name);
    const entry = entryOf(name, await stat(await this.#real(place, whole)));
    if (entry === undefined) throw missing(whole);
    return entry;
  }

  async open(whole: VirtualPath): Promise<OpenFile> {
    const place = await this.#inside(whole);
    const { handle, stats } = await openInside(place.root, place.name);
    return {
      name: place.name,
      size: stats.size,
      modifiedMs: stats.mtimeMs,
      bytes: undefined,
      read: async (target, position) =>
        (await handle.read(target, 0, target.length, position)).bytesRead,
      close: () => handle.close(),
    };
  }

  async mayStore(whole: VirtualPath): Promise<void> {
    await this.#storable(whole);
  }

  async save(whole: VirtualPath, body: AsyncIterable<Buffer>, kept: Kept): Promise<Saved> {
    const { place, target } = await this.#storable(whole);
    const { maxBytes } = this.#files;
    await streamDurably(target, body, {
      maxBytes,
      keep: kept,
      incoming: path.join(place.root, ...incomingFolder),
    });
    return { name: place.name };
  }

  async remove(whole: VirtualPath): Promise<void> {
    await this.#change(whole, async (target) => {
      if ((await lstat(target)).isDirectory()) throw unchangeable(whole, 'is a folder');
      await unlink(target);
      await fsyncFolder(path.dirname(target));
    });
  }

  async rename(from: VirtualPath, to: VirtualPath): Promise<void> {
    const target = await onDisk(await this.#inside(to), to);
    await this.#change(from, async (source) => {
      await lstat(source);
      await renameDurably(source, target);
    });
  }

  async makeFolder(whole: VirtualPath): Promise<void> {
    await this.#change(whole, async (target) => {
      await mkdir(target);
      await fsyncFolder(path.dirname(target));
    });
  }

  async removeFolder(whole: VirtualPath): Promise<void> {
    await this.#change(whole, async (target) => {
      await rmdir(target);
      await fsyncFolder(path.dirname(target));
    });
  }

  async #storable(whole: VirtualPath): Promise<{ place: Inside; target: string }> {
    const place = await this.#inside(whole);
    const target = await onDisk(place, whole);
    if ((await there(target))?.isDirectory() === true) throw unchangeable(whole, 'is a folder');
    return { place, target };
  }

  /** What `whole` leads to, symbolic links followed as long as they stay inside. */
  async #real(place: Inside, whole: VirtualPath): Promise<string> {
    try {
      const real = await realpath(await onDisk(place, whole));
      requireInside(real, place.root, whole);
      return real;
    } catch (error) {
      throw asRefusal(error, whole);
    }
  }

  /** @throws BranchlineError WRITE_REFUSED for the folders that make up the root, NOT_FOUND. */
  async #inside(whole: VirtualPath): Promise<Inside> {
    const place = await this.#folders.locate(whole);
    if (place.kind === 'inside' && place.name !== '') return place;
    throw unchangeable(whole, 'is a folder of the application itself');
  }

  async #change(whole: VirtualPath, work: (target: string) => Promise<void>): Promise<void> {
    const target = await onDisk(await this.#inside(whole), whole);
    try {
      await work(target);
    } catch (error) {
      throw asRefusal(error, whole);
    }
  }
}

const topEntry = (name: string): Entry => ({
  name,
  folder: true,
  size: 0,
  modifiedMs: 0,
  writable: false,
});

const there = async (target: string): Promise<Stats | undefined> => await ifThere(lstat(target));

const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'exists already',
  ENOTEMPTY: 'is not empty',
  EISDIR: 'is a folder',
  EXDEV: 'lies on another disk',
  EACCES: 'belongs to another user of this machine',
  EPERM: 'belongs to another user of this machine',
};

function asRefusal(thrown: unknown, whole: VirtualPath): BranchlineError {
  const cause = thrown instanceof BranchlineError ? thrown.cause : thrown;
  const code = systemCode(cause) ?? '';
  if (absent.has(code)) return missing(whole, thrown);
  const reason = reasons[code];
  return reason === undefined ? asDiskError(thrown, shown(whole)) : unchangeable(whole, reason);
}

const unchangeable = (whole: VirtualPath, why: string): BranchlineError =>
  new BranchlineError('WRITE_REFUSED', `${shown(whole)} cannot be changed: it ${why}`);
