import type { Dispatcher } from 'undici';
import { BranchlineError } from '#libs/errors';
import { collectYoung } from '#libs/lifecycle';
import { buffers } from './collect.ts';
import type { Ask } from './connection.ts';
import { refusal } from './refusal.ts';

export interface FileRequest {
  /** Bytes of the whole content, as the signed release or the ledger says. */
  readonly size: number;
  /** Where to go on; 0 when absent. */
  readonly from?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that may wait for the caller; a piece is what came since the last one, up to this. More would only cost memory. */
const waitingBytes = 128 * 1024;

/** After so many received bytes their buffers are given back: the nursery alone would let many more of them pile up. */
const keptBytes = 4 * 1024 * 1024;

/** A peer that sends less than this in a whole idle time is too slow, however steadily it drips. */
const minBytesPerIdle = 16 * 1024;

/** The rest of a content from a hub: `size - from` bytes, or an error. */
export async function* download(
  ask: (request: Ask) => Promise<Dispatcher.ResponseData>,
  address: string,
  content: { readonly sha256: string; readonly path: string },
  request: FileRequest,
  idleMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const { sha256, path } = content;
  const { size, from = 0, signal } = request;
  if (from === size) return;
  const etag = `"sha256-${sha256}"`;
  const response = await ask({
    method: 'GET',
    path,
    headers: {
      'accept-encoding': 'identity',
      ...(from > 0 && { range: `bytes=${from}-`, 'if-match': etag }),
    },
    highWaterMark: waitingBytes,
    ...(signal && { signal }),
  });
  const where = `${sha256.slice(0, 12)}… from ${address}`;
  try {
    await checkHead(response, { etag, from, size, where, address });
    yield* checkedBody(response, size - from, where, idleMs);
  } finally {
    // The rest of a body that nobody wants is not worth its transfer; undici calls that an error of the body.
    response.body.on('error', () => undefined).destroy();
  }
}

interface Expected {
  readonly etag: string;
  readonly from: number;
  readonly size: number;
  readonly where: string;
  readonly address: string;
}

async function checkHead(
  response: Dispatcher.ResponseData,
  { etag, from, size, where, address }: Expected,
): Promise<void> {
  const { statusCode, headers } = response;
  if (statusCode === 404) {
    throw new BranchlineError(
      'PEER_LACKS_FILE',
      `${where}: the hub has no such content any more, though it has named it; see its log`,
    );
  }
  if (statusCode === 416) throw wrongLength(where, 'the hub’s copy ends before our place in it');
  if (statusCode !== 200 && statusCode !== 206) throw await refusal(response, address);
  if (headers['etag'] !== etag || headers['content-encoding'] !== undefined) {
    throw new BranchlineError('PEER_ANSWER_INVALID', `${where}: the answer is for another content`);
  }
  if (statusCode !== (from > 0 ? 206 : 200)) {
    throw new BranchlineError(
      'PEER_ANSWER_INVALID',
      `${where}: asked for the bytes from ${from} on, answered with status ${statusCode}`,
    );
  }
  if (from > 0 && headers['content-range'] !== `bytes ${from}-${size - 1}/${size}`) {
    throw wrongLength(where, `Content-Range is ${String(headers['content-range'])}`);
  }
  const length = headers['content-length'];
  if (length !== undefined && length !== String(size - from)) {
    throw wrongLength(where, `Content-Length is ${String(length)}, expected ${size - from}`);
  }
}

async function* checkedBody(
  response: Dispatcher.ResponseData,
  expected: number,
  where: string,
  idleMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  let received = 0;
  let kept = 0;
  let inWindow = 0;
  let waited = 0;
  let asked = performance.now();
  for await (const piece of buffers(response.body)) {
    received += piece.length;
    if (received > expected) throw wrongLength(where, `more than ${expected} bytes came`);
    kept += piece.length;
    if (kept >= keptBytes) {
      kept = 0;
      collectYoung();
    }
    inWindow += piece.length;
    waited += performance.now() - asked;
    if (waited >= idleMs) {
      if (inWindow < minBytesPerIdle) throw tooSlow(where, inWindow, waited);
      inWindow = 0;
      waited = 0;
    }
    yield piece;
    asked = performance.now();
  }
  if (received < expected) {
    throw wrongLength(where, `the body ended after ${received} of ${expected} bytes`);
  }
}

function wrongLength(where: string, what: string): BranchlineError {
  return new BranchlineError('LENGTH_MISMATCH', `${where}: ${what}; nothing of it is used`);
}

function tooSlow(where: string, bytes: number, ms: number): BranchlineError {
  return new BranchlineError(
    'PEER_TOO_SLOW',
    `${where}: ${bytes} bytes in ${Math.round(ms / 1000)} s; the transfer goes on later from where it stopped`,
  );
}
