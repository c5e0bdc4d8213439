import { Writable } from 'node:stream';
import { BranchlineError } from '#libs/errors';

/** Bytes; a check file is small, and one that is not is not read to its end. */
export const maxCheckBytes = 16 * 1024 * 1024;

/** Holds what comes, up to `maxCheckBytes`. */
export class CollectedBytes extends Writable {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#length += piece.length;
    if (this.#length > maxCheckBytes) {
      done(
        new BranchlineError('FILE_TOO_LARGE', `a check file has at most ${maxCheckBytes} bytes`),
      );
      return;
    }
    this.#pieces.push(piece);
    done();
  }
}
