import type { Dispatcher } from 'undici';
import { BranchlineError, type ErrorCode } from '#libs/errors';

/** A whole small body; one that does not end is cut with `code` as soon as it passes `maxBytes`. */
export async function collect(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  code: ErrorCode,
  where: string,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of buffers(response.body)) {
    length += piece.length;
    if (length > maxBytes) {
      throw new BranchlineError(
        code,
        `${where} is longer than the ${maxBytes} bytes that are allowed; it was cut, nothing of it is used`,
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** The pieces of a body, typed: undici's stream has no encoding set, so they are buffers. */
export async function* buffers(body: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) throw new BranchlineError('INTERNAL', 'a body gave no bytes');
    yield piece;
  }
}
