/** Pieces that are handed out in one turn of the event loop: some milliseconds of sending. */
const piecesInTurn = 32;

/** A version of a file that pieces are read from. */
export interface PieceSource {
  /** The same for two open descriptors only if they have the same bytes. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Fill `target` from `position`. @throws BranchlineError FILE_CHANGED when that is not this version any more. */
  readonly fill: (target: Buffer, position: number) => Promise<void>;
}

export interface HotPiecesOptions {
  /** What all pieces take together. */
  readonly maxBytes: number;
  /** Of one piece: the first one begins with the file. */
  readonly pieceBytes?: number;
  /** What nobody has asked for so long, in milliseconds, is let go. */
  readonly idleMs?: number;
}

/** A piece of a large file in memory, for everybody who downloads this version of it. */
export class HotPiece {
  readonly key: string;
  readonly index: number;
  /** Never modified once it is read. */
  readonly bytes: Buffer;
  /** Undefined once it is read. */
  loading: Promise<void> | undefined;
  /** In milliseconds of `performance.now`. */
  usedAt = 0;
  /** Downloads that have it in hand. */
  users = 0;
  /** A write that was broken off may still look at the memory: it is never filled with something else. */
  spoiled = false;
  readonly #memory: Buffer;

  constructor(key: string, index: number, memory: Buffer, length: number) {
    this.key = key;
    this.index = index;
    this.bytes = memory.subarray(0, length);
    this.#memory = memory;
  }

  /** To be filled again; undefined when it must not be. */
  get reusable(): Buffer | undefined {
    return this.spoiled ? undefined : this.#memory;
  }

  /** Must be called once by everybody who took it; `whole` is false when a write of it was broken off. */
  release(whole: boolean): void {
    this.users -= 1;
    if (!whole) this.spoiled = true;
  }
}

/**
 * Pieces of large files that were asked for lately. A firmware is asked for by hundreds of telephones at once: it is
 * read from the disk once, and sent to all of them from the same memory. The least recently used make room; what a
 * download has in hand stays.
 */
export class HotPieces {
  readonly pieceBytes: number;
  readonly #maxBytes: number;
  readonly #idleMs: number;
  /** By version and number, the least recently used first. */
  readonly #pieces = new Map<string, HotPiece>();
  #givenInTurn = 0;
  #nextTurn: Promise<void> | undefined;
  #sweeps: NodeJS.Timeout | undefined;

  constructor({ maxBytes, pieceBytes = 256 * 1024, idleMs = 30_000 }: HotPiecesOptions) {
    this.pieceBytes = pieceBytes;
    this.#maxBytes = maxBytes;
    this.#idleMs = idleMs;
  }

  /** What they take, filled or not. */
  get bytes(): number {
    return this.#pieces.size * this.pieceBytes;
  }

  /** True for a piece that is there, or being read. */
  has(source: PieceSource, index: number): boolean {
    return this.#pieces.has(nameOf(source, index));
  }

  /**
   * A piece that is there already, or read now; it must be released. Undefined when all memory is in use.
   * @throws what `fill` throws, for all who wait for it.
   */
  take(source: PieceSource, index: number): HotPiece | Promise<HotPiece> | undefined {
    const name = nameOf(source, index);
    const known = this.#pieces.get(name);
    const piece = known ?? this.#begin(source, index, name);
    if (piece === undefined) return undefined;
    if (known !== undefined) {
      this.#pieces.delete(name);
      this.#pieces.set(name, piece);
    }
    piece.usedAt = performance.now();
    piece.users += 1;
    return piece.loading === undefined ? piece : this.#loaded(piece, piece.loading);
  }

  /** Resolves when this turn of the event loop has room for one more: what needs no waiting would else hold up all others. */
  async turn(): Promise<void> {
    while (this.#givenInTurn >= piecesInTurn) await this.#nextTurn;
    this.#givenInTurn += 1;
    this.#nextTurn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#givenInTurn = 0;
        this.#nextTurn = undefined;
        resolve();
      });
    });
  }

  async #loaded(piece: HotPiece, loading: Promise<void>): Promise<HotPiece> {
    try {
      await loading;
      return piece;
    } catch (error) {
      piece.release(true);
      throw error;
    }
  }

  #begin(source: PieceSource, index: number, name: string): HotPiece | undefined {
    const memory = this.#room();
    if (memory === undefined) return undefined;
    const position = index * this.pieceBytes;
    const length = Math.min(this.pieceBytes, source.size - position);
    const piece = new HotPiece(source.key, index, memory, length);
    this.#pieces.set(name, piece);
    piece.loading = source.fill(piece.bytes, position).then(
      () => {
        piece.loading = undefined;
      },
      (error: unknown) => {
        if (this.#pieces.get(name) === piece) this.#pieces.delete(name);
        throw error;
      },
    );
    this.#watch();
    return piece;
  }

  #room(): Buffer | undefined {
    if (this.bytes + this.pieceBytes <= this.#maxBytes) {
      return Buffer.allocUnsafeSlow(this.pieceBytes);
    }
    for (const [name, piece] of this.#pieces) {
      if (piece.users > 0 || piece.loading !== undefined) continue;
      this.#pieces.delete(name);
      return piece.reusable ?? Buffer.allocUnsafeSlow(this.pieceBytes);
    }
    return undefined;
  }

  /** Memory returns when the telephones have what they wanted. */
  #watch(): void {
    this.#sweeps ??= setInterval(() => {
      const before = performance.now() - this.#idleMs;
      for (const [name, piece] of this.#pieces) {
        if (piece.usedAt > before) break;
        if (piece.users === 0 && piece.loading === undefined) this.#pieces.delete(name);
      }
      if (this.#pieces.size > 0) return;
      clearInterval(this.#sweeps);
      this.#sweeps = undefined;
    }, this.#idleMs / 4).unref();
  }
}

const nameOf = ({ key }: PieceSource, index: number): string => `${key}:${index}`;
