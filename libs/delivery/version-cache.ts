import type { ServedFile } from './served-file.ts';
import type { VersionMark } from './version-mark.ts';

/** A small file held whole. */
export interface CachedVersion {
  readonly mark: VersionMark;
  /** The same object for every phone. */
  readonly file: ServedFile & { readonly bytes: Buffer };
}

/** What an entry costs beside its bytes. */
const entryBytes = 1024;

/** What nobody has asked for so long goes, in milliseconds: a release that was replaced is asked for by nobody. */
const defaultIdleMs = 10 * 60_000;

interface Entry extends CachedVersion {
  /** The period in which it was asked for last. */
  usedIn: number;
}

/** The least recently used small files make room for new ones; bounded by bytes, and let go when idle for one to two periods. */
export class VersionCache {
  readonly #maxBytes: number;
  readonly #idleMs: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #period = 0;
  #sweeps: NodeJS.Timeout | undefined;

  constructor(maxBytes: number, idleMs = defaultIdleMs) {
    this.#maxBytes = maxBytes;
    this.#idleMs = idleMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): CachedVersion | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    this.#entries.delete(path);
    entry.usedIn = this.#period;
    this.#entries.set(path, entry);
    return entry;
  }

  set(path: string, { mark, file }: CachedVersion): void {
    this.delete(path);
    this.#entries.set(path, { mark, file, usedIn: this.#period });
    this.#bytes += file.size + entryBytes;
    this.#sweeps ??= setInterval(() => {
      this.#sweep();
    }, this.#idleMs).unref();
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    this.#bytes -= entry.file.size + entryBytes;
  }

  #sweep(): void {
    for (const [path, { usedIn }] of this.#entries) {
      if (usedIn === this.#period) break;
      this.delete(path);
    }
    this.#period += 1;
    if (this.#entries.size > 0) return;
    clearInterval(this.#sweeps);
    this.#sweeps = undefined;
  }
}
