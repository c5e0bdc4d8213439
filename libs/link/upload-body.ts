import type { Readable } from 'node:stream';
import { BranchlineError } from '#libs/errors';
import { buffers } from './collect.ts';

/** A branch that sends less than this in a whole idle time is too slow, however steadily it drips. */
const minBytesPerIdle = 16 * 1024;

export interface UploadBodyOptions {
  /** Longest silence, and the span over which the least speed is counted, in milliseconds. */
  readonly idleMs: number;
  /** At most so many bytes are read. */
  readonly maxBytes: number;
}

/**
 * The pieces of an upload's body; a silent or dripping branch is cut.
 * @throws BranchlineError PEER_TOO_SLOW, LINK_REQUEST_INVALID when it is longer than `maxBytes`; a body that was cut off rejects as
 * the stream does.
 */
export async function* uploadBody(
  body: Readable,
  { idleMs, maxBytes }: UploadBodyOptions,
): AsyncGenerator<Buffer, void, undefined> {
  let received = 0;
  let inWindow = 0;
  let windowEnds = performance.now() + idleMs;
  const timer = setTimeout(() => body.destroy(tooSlow(idleMs)), idleMs);
  try {
    // Who stops reading still has to answer on this connection.
    for await (const piece of buffers(body.iterator({ destroyOnReturn: false }))) {
      timer.refresh();
      received += piece.length;
      if (received > maxBytes) {
        throw new BranchlineError(
          'LINK_REQUEST_INVALID',
          `an upload is longer than the ${maxBytes} bytes that it may have`,
        );
      }
      inWindow += piece.length;
      if (performance.now() >= windowEnds) {
        if (inWindow < minBytesPerIdle) throw tooSlow(idleMs);
        inWindow = 0;
        windowEnds = performance.now() + idleMs;
      }
      yield piece;
      // A slow disk of ours is not the branch's fault.
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

const tooSlow = (ms: number): BranchlineError =>
  new BranchlineError(
    'PEER_TOO_SLOW',
    `an upload brought next to nothing in ${Math.round(ms / 1000)} s; what came is kept`,
  );
