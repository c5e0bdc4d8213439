import type { ServerResponse } from 'node:http';
import { PieceReader, type PieceBuffers, type PiecedFile } from '#libs/delivery';

export interface PiecesOptions {
  /** Position in the file. */
  readonly first: number;
  /** Bytes. */
  readonly length: number;
  readonly buffers: PieceBuffers;
  /** Of one write. */
  readonly maxPieceBytes: number;
  /** Hears how many bytes went out with each piece. */
  readonly sent: (bytes: number) => void;
}

/**
 * Send a part of a file, one piece at a time: the next when the network has taken the last. Ends early, without an
 * error, when the phone is gone.
 * @throws BranchlineError FILE_CHANGED when the file no longer has the bytes that were announced.
 */
export async function sendPieces(
  response: ServerResponse,
  file: PiecedFile,
  { first, length, buffers, maxPieceBytes, sent }: PiecesOptions,
): Promise<void> {
  const flow = new Flow(response);
  const reader = new PieceReader({ file, first, length, buffers, maxBytes: maxPieceBytes });
  let takenOver = true;
  try {
    for (let bytes = await reader.next(); bytes !== undefined; bytes = await reader.next()) {
      takenOver = await flow.write(bytes);
      if (!takenOver) return;
      sent(bytes.length);
    }
  } finally {
    flow.end();
    reader.close(takenOver);
  }
}

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
