const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts the bytes of a control connection into lines; what is longer than allowed is thrown away as it comes. */
export class LineReader {
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #dropping = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of an unfinished line. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The lines that `chunk` completes, without their ends; undefined in place of one that was too long. */
  take(chunk: Buffer): (Buffer | undefined)[] {
    const lines: (Buffer | undefined)[] = [];
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      lines.push(this.#finish(chunk.subarray(from, end)));
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  #finish(last: Buffer): Buffer | undefined {
    const line = this.#rest.length === 0 ? last : Buffer.concat([this.#rest, last]);
    const fits = !this.#dropping && line.length <= this.#maxBytes;
    this.#rest = Buffer.alloc(0);
    this.#dropping = false;
    if (!fits) return undefined;
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#dropping) return;
    if (this.#rest.length + part.length > this.#maxBytes) {
      this.#dropping = true;
      this.#rest = Buffer.alloc(0);
    } else {
      // A copy: the chunk around it may be large.
      this.#rest = Buffer.concat([this.#rest, part]);
    }
  }
}
