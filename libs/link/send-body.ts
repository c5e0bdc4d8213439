import type { ServerResponse } from 'node:http';
import type { Logger } from '#libs/observe';
import type { ContentRange } from './content-range.ts';
import { sendPieces, type PieceSource } from './send-pieces.ts';

export interface BodyOptions {
  /** Time for one piece. */
  readonly pieceMs: number;
  readonly log: Logger;
}

/** Send a body after its head; never rejects. What cannot be sent whole is cut, for only that tells the reader. */
export async function sendBody(
  { pieceMs, log }: BodyOptions,
  branch: string,
  source: PieceSource,
  { first, last }: ContentRange,
  response: ServerResponse,
): Promise<void> {
  try {
    const outcome = await sendPieces(source, first, last, response, pieceMs);
    if (outcome === 'sent') return;
    log.warn({ branch, outcome }, 'an answer ended early');
  } catch (error) {
    log.error({ err: error, branch }, 'an answer failed');
  }
  response.destroy();
}
