import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';

/** Milliseconds between the ends of two connections that one kernel closes. */
const graceMs = 10;

/**
 * The bytes of an upload. Closing the data connection is all that FTP has for "this was all", and a client that dies
 * does just that: when its control connection is gone as well, `isGone`, the upload counts as cut.
 * @throws BranchlineError PHONE_STOPPED.
 */
export async function* receiveBody(
  stream: Duplex,
  moved: (bytes: number) => void,
  isGone: () => boolean,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    // Who gives it up may still have something to say to the client.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      moved(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw cut('the data connection broke', error);
  }
  // Whoever dies closes both connections, in any order.
  await sleep(graceMs);
  if (isGone()) throw cut('the client is gone, so nobody knows whether this was all');
}

const cut = (why: string, cause?: unknown): BranchlineError =>
  new BranchlineError('PHONE_STOPPED', `the upload was cut: ${why}`, { cause });
