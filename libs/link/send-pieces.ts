import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** Where the bytes of an answer come from. A piece is good until the next but one is asked for. */
export interface PieceSource {
  /** Bytes of a piece: what is encrypted for one connection at a time. */
  readonly pieceBytes: number;
  /** Up to `length` bytes from `at` on; fewer only at the end. */
  read(at: number, length: number): Promise<Buffer>;
}

export type SendOutcome = 'sent' | 'gone' | 'slow' | 'short';

/**
 * Send the bytes from `first` to `last` as the body of an answer whose head is written. The next piece is read while one is
 * on its way, and never more; a reader that does not take one within `pieceMs` is let go.
 */
export async function sendPieces(
  source: PieceSource,
  first: number,
  last: number,
  response: ServerResponse,
  pieceMs: number,
): Promise<SendOutcome> {
  const lengthAt = (at: number): number => Math.min(source.pieceBytes, last - at + 1);
  let at = first;
  let piece = await source.read(at, lengthAt(at));
  while (at <= last) {
    if (piece.length === 0) return 'short';
    at += piece.length;
    const [outcome, following] = await Promise.all([
      write(response, piece, pieceMs),
      at <= last ? source.read(at, lengthAt(at)) : piece,
    ]);
    if (outcome !== 'sent') return outcome;
    piece = following;
  }
  response.end();
  return 'sent';
}

/** A file through two buffers: one is read while the other is on its way. */
export class FilePieces implements PieceSource {
  readonly pieceBytes = 512 * 1024;
  readonly #file: FileHandle;
  #buffers: readonly [Buffer, Buffer];

  constructor(file: FileHandle, length: number) {
    const size = Math.min(this.pieceBytes, length);
    this.#file = file;
    this.#buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)];
  }

  async read(at: number, length: number): Promise<Buffer> {
    const [now, next] = this.#buffers;
    this.#buffers = [next, now];
    const { bytesRead } = await this.#file.read(now, 0, length, at);
    return now.subarray(0, bytesRead);
  }
}

/** Bytes in memory; small pieces, as a thousand branches may ask for the same at once. */
export class MemoryPieces implements PieceSource {
  readonly pieceBytes = 128 * 1024;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(at: number, length: number): Promise<Buffer> {
    return Promise.resolve(this.#bytes.subarray(at, at + length));
  }
}

function write(response: ServerResponse, piece: Buffer, pieceMs: number): Promise<SendOutcome> {
  return new Promise((resolve) => {
    const done = (outcome: SendOutcome): void => {
      clearTimeout(timer);
      response.off('close', gone);
      resolve(outcome);
    };
    const gone = (): void => {
      done('gone');
    };
    const timer = setTimeout(() => {
      done('slow');
    }, pieceMs);
    response.once('close', gone);
    if (response.destroyed) {
      gone();
      return;
    }
    response.write(piece, (error) => {
      done(error instanceof Error ? 'gone' : 'sent');
    });
  });
}
