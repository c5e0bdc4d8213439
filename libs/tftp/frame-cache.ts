import type { ServedFile } from '#libs/delivery';
import { FramedFile } from './framed-file.ts';
import { PieceBudget } from './piece-budget.ts';

/** A framed file in use by one transfer; `release` must be called once. */
export interface FrameLease {
  readonly frames: FramedFile;
  /** Resolves when the file is closed; undefined while others use it. */
  readonly release: () => Promise<void> | undefined;
}

interface Entry {
  readonly frames: FramedFile;
  users: number;
}

/** Files that nobody downloads at the moment, but whose pieces may still be at hand. */
const maxIdleFiles = 1024;

const nothing = (): undefined => undefined;

/** Lets transfers of the same version and block size share one framed file and one open descriptor. */
export class FrameCache {
  readonly #budget: PieceBudget;
  readonly #inUse = new Map<string, Entry>();
  readonly #idle = new Map<string, Entry>();

  /** `maxBytes` bounds what is kept; what is being sent at the moment comes on top. */
  constructor(maxBytes: number) {
    this.#budget = new PieceBudget(maxBytes);
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#budget.bytes;
  }

  /** Files held open now. */
  get openFiles(): number {
    return this.#inUse.size;
  }

  /** Hands `source` over: it is closed here, at once when the same version is open already. */
  async lease(source: ServedFile, blockSize: number, rollover: 0 | 1): Promise<FrameLease> {
    const key = [source.name, source.etag, source.size, blockSize, rollover].join('\0');
    let entry = this.#inUse.get(key);
    const spare = entry === undefined ? undefined : source;
    if (entry === undefined) {
      entry = this.#idle.get(key) ?? {
        frames: new FramedFile(source, blockSize, rollover, this.#budget),
        users: 0,
      };
      entry.frames.reopen(source);
      this.#idle.delete(key);
      this.#inUse.set(key, entry);
    }
    entry.users += 1;
    const lease = { frames: entry.frames, release: () => this.#release(key) };
    try {
      await spare?.close();
    } catch (error) {
      await lease.release();
      throw error;
    }
    return lease;
  }

  /** For a file in memory, which need not be closed: for as many transfers as there may be. */
  hold(source: ServedFile, blockSize: number, rollover: 0 | 1): FrameLease {
    const frames = new FramedFile(source, blockSize, rollover, this.#budget);
    return { frames, release: nothing };
  }

  /** Give all memory back; leases must have been released. */
  clear(): void {
    this.#idle.clear();
    this.#budget.clear();
  }

  #release(key: string): Promise<void> | undefined {
    const entry = this.#inUse.get(key);
    if (entry === undefined) return undefined;
    entry.users -= 1;
    if (entry.users > 0) return undefined;
    this.#inUse.delete(key);
    this.#idle.set(key, entry);
    for (const [oldest, { frames }] of this.#idle) {
      if (this.#idle.size <= maxIdleFiles) break;
      this.#idle.delete(oldest);
      frames.forget();
    }
    return entry.frames.close();
  }
}
