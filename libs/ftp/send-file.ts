import type { Writable } from 'node:stream';
import { PieceReader, type PieceBuffers } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import type { OpenFile } from './file-area.ts';

const maxPieceBytes = 256 * 1024;

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
  const reader = new PieceReader({ file, first: from, length, buffers, maxBytes: maxPieceBytes });
  let whole = false;
  try {
    for (let bytes = await reader.next(); bytes !== undefined; bytes = await reader.next()) {
      await write(stream, bytes);
      moved(bytes.length);
    }
    await endWith(stream);
    whole = true;
  } finally {
    reader.close(whole);
  }
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
