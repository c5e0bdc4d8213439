import type { IncomingMessage } from 'node:http';
import type { Body } from '#libs/backups';
import { BranchlineError } from '#libs/errors';

/** Bytes that wait here before the phone is asked to wait. */
const maxQueuedBytes = 256 * 1024;

/** The body of a request, to its end or to an error; reading it can be given up from outside. */
export class UploadedBody implements Body {
  readonly #request: IncomingMessage;
  readonly #onBytes: (bytes: number) => void;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #ended = false;
  #failure: BranchlineError | undefined;
  #wake: () => void = () => undefined;

  /** `onBytes` hears of each piece as it comes. */
  constructor(request: IncomingMessage, onBytes: (bytes: number) => void) {
    this.#request = request;
    this.#onBytes = onBytes;
  }

  /** Whoever reads gets this error instead of more. */
  giveUp(because: BranchlineError): void {
    if (this.#ended) return;
    this.#failure ??= because;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    const request = this.#request;
    const take = (chunk: Buffer): void => {
      this.#queue.push(chunk);
      this.#queued += chunk.length;
      this.#onBytes(chunk.length);
      if (this.#queued > maxQueuedBytes) request.pause();
      this.#wake();
    };
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    const stop = (): void => {
      this.giveUp(new BranchlineError('PHONE_STOPPED', 'the telephone ended while it sent a file'));
    };
    request.on('data', take).on('end', end).on('error', stop).on('close', stop);
    if (request.destroyed && !request.complete) stop();
    try {
      for (;;) {
        const chunk = this.#failure === undefined ? this.#queue.shift() : undefined;
        if (chunk !== undefined) {
          this.#queued -= chunk.length;
          yield chunk;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else if (this.#ended) {
          return;
        } else {
          request.resume();
          await this.#more();
        }
      }
    } finally {
      // Its last 'error' must have a listener.
      request.off('data', take).off('end', end).off('close', stop);
      request.pause();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
