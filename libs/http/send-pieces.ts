import type { ServerResponse } from 'node:http';
import type { PieceBuffers, ServedFile } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';

/**
 * Send `length` bytes of a file from `first`, one piece at a time: the next is read when the network has taken the last.
 * Ends early, without an error, when the phone is gone. `sent` hears how many bytes went out with each piece.
 * @throws BranchlineError FILE_CHANGED when the file no longer has the bytes that were announced.
 */
export async function sendPieces(
  response: ServerResponse,
  file: ServedFile,
  range: { readonly first: number; readonly length: number },
  buffers: PieceBuffers,
  sent: (bytes: number) => void,
): Promise<void> {
  const flow = new Flow(response);
  const buffer = buffers.take(range.length);
  let takenOver = true;
  try {
    const end = range.first + range.length;
    for (let position = range.first; position < end;) {
      const target = buffer.subarray(0, Math.min(buffer.length, end - position));
      const count = await file.read(target, position);
      if (count === 0) throw shorter(file.name);
      takenOver = await flow.write(target.subarray(0, count));
      if (!takenOver) return;
      position += count;
      sent(count);
    }
  } finally {
    flow.end();
    // A write that was broken off may still look at its buffer.
    if (takenOver) buffers.give(buffer);
    else buffers.drop(buffer);
  }
}

const shorter = (name: string): BranchlineError =>
  new BranchlineError('FILE_CHANGED', `${name} became shorter while a telephone read it`);

/** Waits for the network to take what is written, or for the connection to end, whichever comes first. */
class Flow {
  readonly #response: ServerResponse;
  readonly #onClose = (): void => {
    this.#gone = true;
    this.#settle(false);
  };
  #gone: boolean;
  #settle: (taken: boolean) => void = () => undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#gone = response.destroyed;
    response.once('close', this.#onClose);
  }

  /** True once the network has taken `bytes`; false when the connection is gone. */
  async write(bytes: Buffer): Promise<boolean> {
    if (this.#gone) return false;
    return await new Promise<boolean>((resolve) => {
      this.#settle = resolve;
      this.#response.write(bytes, (error) => {
        resolve(error === null || error === undefined);
      });
    });
  }

  end(): void {
    this.#response.off('close', this.#onClose);
  }
}
