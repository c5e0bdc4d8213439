import { createHash } from 'node:crypto';

/** More than any script or backup has; firmware is only counted and hashed, as a load of many phones could not hold it. */
const scriptBytes = 1024 * 1024;

/** The bytes of an answer as they come. */
export class ReceivedBody {
  readonly #hash = createHash('sha256');
  readonly #kept: Buffer[] = [];
  readonly #keptBytes: number;
  bytes = 0;

  /** What is longer than `keptBytes` is not kept. */
  constructor(keptBytes = scriptBytes) {
    this.#keptBytes = keptBytes;
  }

  /** `part` may be used for something else afterwards. */
  take(part: Buffer): void {
    if (this.bytes + part.length <= this.#keptBytes) this.#kept.push(Buffer.from(part));
    this.bytes += part.length;
    this.#hash.update(part);
  }

  /** Once, at the end. */
  finish(): { bytes: number; sha256: string; body: Buffer } {
    const { bytes } = this;
    const body = bytes <= this.#keptBytes ? Buffer.concat(this.#kept) : Buffer.alloc(0);
    return { bytes, sha256: this.#hash.digest('hex'), body };
  }
}
