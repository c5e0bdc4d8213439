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

/** The least recently used small files make room for new ones; bounded by bytes. */
export class VersionCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, CachedVersion>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): CachedVersion | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    return entry;
  }

  set(path: string, entry: CachedVersion): void {
    this.delete(path);
    this.#entries.set(path, entry);
    this.#bytes += entry.file.size + entryBytes;
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
}
