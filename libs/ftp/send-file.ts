import type { Writable } from 'node:stream';
import type { PieceBuffers } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import type { OpenFile } from './file-area.ts';

/**
 * Send a file from byte `from`, and end the stream; resolves when the network has taken everything. `moved` hears of
 * the bytes as they go.
 * @throws BranchlineError PHONE_STOPPED, FILE_CHANGED.
 */
export async function sendFile(
  stream: Writable,
  file: OpenFile,
  from: number,
  buffers: PieceBuffers,
  moved: (bytes: number) => void,
): Promise<void> {
  if (file.bytes !== undefined) {
    await endWith(stream, from === 0 ? file.bytes : file.bytes.subarray(from));
    moved(file.size - from);
    return;
  }
  const length = file.size - from;
  // One is on its way while the other is filled.
  const pair = [buffers.take(length), buffers.take(length)] as const;
  let whole = false;
  try {
    let [filling, spare] = pair;
    let position = from;
    let count = await fill(file, filling, position);
    while (count > 0) {
      const sent = write(stream, filling.subarray(0, count));
      const next = fill(file, spare, position + count);
      // Settled both, whatever happens: neither may run on after the file is closed.
      const [taken, read] = await Promise.allSettled([sent, next]);
      if (taken.status === 'rejected') throw taken.reason;
      if (read.status === 'rejected') throw read.reason;
      moved(count);
      position += count;
      count = read.value;
      [filling, spare] = [spare, filling];
    }
    if (position < file.size) {
      throw new BranchlineError('FILE_CHANGED', `${file.name} became shorter while it was sent`);
    }
    await endWith(stream);
    whole = true;
  } finally {
    // A write that was broken off may still look at its buffer.
    for (const buffer of pair) {
      if (whole) buffers.give(buffer);
      else buffers.drop(buffer);
    }
  }
}

/** Never beyond the size that was found: the file may have grown since. */
async function fill(file: OpenFile, target: Buffer, position: number): Promise<number> {
  const left = Math.min(target.length, file.size - position);
  if (left <= 0) return 0;
  return await file.read(target.subarray(0, left), position);
}

function write(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(stopped(error));
    });
  });
}

/** End a stream, after `last`; resolves when the network has taken it. @throws BranchlineError PHONE_STOPPED. */
export async function endWith(stream: Writable, last?: Buffer | string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onError = (error: unknown): void => {
    reject(stopped(error));
  };
  stream.once('error', onError);
  stream.once('close', onError);
  const onFinish = (): void => {
    resolve(undefined);
  };
  stream.once('finish', onFinish);
  stream.end(last);
  try {
    await promise;
  } finally {
    stream.off('finish', onFinish);
    stream.off('error', onError);
    stream.off('close', onError);
  }
}

const stopped = (cause?: unknown): BranchlineError =>
  new BranchlineError('PHONE_STOPPED', 'the client closed the data connection before its end', {
    cause,
  });
