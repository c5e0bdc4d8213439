import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** Two of these for each download: one is read while the other is on its way. */
const pieceBytes = 512 * 1024;

export type SendOutcome = 'sent' | 'gone' | 'slow' | 'short';

/**
 * Send the bytes from `first` to `last` of a file as the body of an answer whose head is written. Never more than two
 * pieces are in memory; a reader that does not take one within `pieceMs` is let go.
 */
export async function sendPieces(
  file: FileHandle,
  first: number,
  last: number,
  response: ServerResponse,
  pieceMs: number,
): Promise<SendOutcome> {
  const length = Math.min(pieceBytes, last - first + 1);
  let [now, next] = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)];
  let at = first;
  let piece = await read(file, now, at, last);
  while (at <= last) {
    if (piece.length === 0) return 'short';
    at += piece.length;
    const [outcome, following] = await Promise.all([
      write(response, piece, pieceMs),
      read(file, next, at, last),
    ]);
    if (outcome !== 'sent') return outcome;
    piece = following;
    [now, next] = [next, now];
  }
  response.end();
  return 'sent';
}

async function read(file: FileHandle, into: Buffer, at: number, last: number): Promise<Buffer> {
  const length = Math.min(into.length, last - at + 1);
  if (length <= 0) return into.subarray(0, 0);
  const { bytesRead } = await file.read(into, 0, length, at);
  return into.subarray(0, bytesRead);
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
