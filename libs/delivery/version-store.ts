import path from 'node:path';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import { openInside } from '#libs/files';
import { FreshRuns, type Clock } from '#libs/lifecycle';
import type { FreshStat } from './fresh-stat.ts';
import { HotPieces } from './hot-pieces.ts';
import { OpenVersion } from './open-version.ts';
import type { ServedFile, TakeFile } from './served-file.ts';
import { VersionCache, type CachedVersion } from './version-cache.ts';
import { isSameVersion, isSettled, markOf } from './version-mark.ts';

export interface VersionStoreOptions {
  readonly stat: FreshStat;
  readonly clock: Clock;
  /** Bytes of small files held in memory. */
  readonly cacheBytes: number;
  /** Milliseconds after which one that nobody asks for is let go. */
  readonly cacheIdleMs?: number | undefined;
  /** Bytes; a larger file is read from its descriptor. */
  readonly cacheFileBytes: number;
  /** Bytes of pieces of large files held in memory. */
  readonly pieceCacheBytes: number;
}

export interface Usage {
  readonly descriptors: number;
  readonly bytes: number;
  readonly pieceBytes: number;
}

type Version = CachedVersion | OpenVersion;

/** A file that is being written to is looked at this often before the phone is told to come back. */
const tries = 3;

/** Opens files for telephones: small ones from memory while they are unchanged, large ones by a shared descriptor. */
export class VersionStore {
  readonly #options: VersionStoreOptions;
  readonly #cache: VersionCache;
  readonly #pieces: HotPieces;
  readonly #open = new Map<string, OpenVersion>();
  readonly #lookUps = new FreshRuns<Version | undefined>();
  /** Who waits for the end of this turn of the event loop, by place. */
  readonly #waiting = new Map<string, TakeFile[]>();

  constructor(options: VersionStoreOptions) {
    this.#options = options;
    this.#cache = new VersionCache(options.cacheBytes, options.cacheIdleMs);
    this.#pieces = new HotPieces({ maxBytes: options.pieceCacheBytes });
  }

  /** Descriptors in use, bytes of small files in memory, and bytes of pieces of large ones. */
  get usage(): Usage {
    const [bytes, pieceBytes] = [this.#cache.bytes, this.#pieces.bytes];
    return { descriptors: this.#open.size, bytes, pieceBytes };
  }

  /**
   * The regular file `name` under `root` as it is now, or undefined when there is none in this spelling.
   * @throws BranchlineError PATH_OUTSIDE_TREE, or FILE_CHANGED while it is being written to.
   */
  async open(root: string, name: string): Promise<ServedFile | undefined> {
    const place = path.join(root, name);
    const cached = this.#cache.get(place);
    if (cached !== undefined) {
      const stats = await this.#options.stat.at(place);
      if (stats?.isFile() === true && isSameVersion(cached.mark, stats)) return cached.file;
    }
    const version = await this.#lookUps.of(place, () => this.#lookUp(root, name, place));
    if (version === undefined) return undefined;
    return version instanceof OpenVersion ? fromDescriptor(version) : version.file;
  }

  /**
   * The file at `place`, if it is in memory and was looked at just now: at the end of this turn of the event loop, when
   * that is still the version on disk; `take` gets undefined when it is not. False: nobody calls `take`.
   */
  openSoon(place: string, take: TakeFile): boolean {
    const waiting = this.#waiting.get(place);
    if (waiting !== undefined) {
      waiting.push(take);
      return true;
    }
    const cached = this.#cache.get(place);
    const asked =
      cached !== undefined &&
      this.#options.stat.soon(place, (stats) => {
        const isSame = stats?.isFile() === true && isSameVersion(cached.mark, stats);
        this.#handOut(place, isSame ? cached.file : undefined);
      });
    if (asked) this.#waiting.set(place, [take]);
    return asked;
  }

  #handOut(place: string, file: ServedFile | undefined): void {
    const waiting = this.#waiting.get(place) ?? [];
    this.#waiting.delete(place);
    for (const take of waiting) take(file);
  }

  async #lookUp(root: string, name: string, place: string): Promise<Version | undefined> {
    const stats = await this.#options.stat.at(place);
    if (stats?.isFile() !== true) {
      this.#cache.delete(place);
      return undefined;
    }
    const mark = markOf(stats);
    const cached = this.#cache.get(place);
    if (cached !== undefined && isSameVersion(cached.mark, mark)) return cached;
    const open = this.#open.get(place);
    if (open !== undefined && isSameVersion(open.mark, mark)) return open;
    return await this.#load(root, name, place);
  }

  async #load(root: string, name: string, place: string): Promise<Version> {
    for (let n = 1; ; n += 1) {
      const loadedAt = this.#options.clock.now();
      const version = await this.#openVersion(root, name, place);
      if (version.size > this.#options.cacheFileBytes) {
        this.#open.set(place, version);
        return version;
      }
      try {
        const { mark } = version;
        const small = { mark, file: fromMemory(version, await version.readAll()) };
        // Of a file written just now, a second writing might not show: such a one is read again next time.
        if (isSettled(mark, loadedAt)) this.#cache.set(place, small);
        else this.#cache.delete(place);
        return small;
      } catch (error) {
        const failure: BranchlineError = asBranchlineError(error);
        if (failure.code !== 'FILE_CHANGED' || n >= tries) throw failure;
      } finally {
        await version.close();
      }
    }
  }

  async #openVersion(root: string, name: string, place: string): Promise<OpenVersion> {
    const { handle } = await openInside(root, name);
    try {
      return await OpenVersion.on({
        name,
        handle,
        pieces: this.#pieces,
        now: () => this.#options.clock.now(),
        isLocal: (device) => this.#options.stat.isLocal(device, place),
        onClosed: (version) => {
          if (this.#open.get(place) === version) this.#open.delete(place);
        },
      });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function fromMemory({ name, mark, etag }: OpenVersion, bytes: Buffer): CachedVersion['file'] {
  return {
    name,
    size: bytes.length,
    modifiedMs: Number(mark.mtimeNs / 1_000_000n),
    etag,
    bytes,
    read: (target, position) => Promise.resolve(bytes.copy(target, 0, position)),
    close: () => Promise.resolve(),
  };
}

function fromDescriptor(version: OpenVersion): ServedFile {
  version.acquire();
  return {
    name: version.name,
    size: version.size,
    modifiedMs: Number(version.mark.mtimeNs / 1_000_000n),
    etag: version.etag,
    bytes: undefined,
    read: (target, position) => version.read(target, position),
    piece: (position) => version.piece(position),
    prepare: (position) => {
      version.prepare(position);
    },
    close: () => {
      version.release();
      return Promise.resolve();
    },
  };
}
