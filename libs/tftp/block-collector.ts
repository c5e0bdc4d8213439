import { BranchlineError } from '#libs/errors';

/** What the receiving side does after a block: acknowledge this one, keep silent, or finish after acknowledging. */
export type Receipt =
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'done'; readonly block: number }
  | { readonly kind: 'quiet' };

const quiet = { kind: 'quiet' } as const;

/** The receiving half of a download (RFC 1350, RFC 7440): puts blocks in order, and says when to acknowledge. */
export class BlockCollector {
  readonly #blockSize: number;
  readonly #windowSize: number;
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #received = 0;
  #acked = 0;
  #gapReported = false;

  /** `maxBytes` bounds what a server may make us hold. */
  constructor(blockSize: number, windowSize: number, maxBytes: number) {
    this.#blockSize = blockSize;
    this.#windowSize = windowSize;
    this.#maxBytes = maxBytes;
  }

  /** The 16 bit number to acknowledge again when nothing came for a while. */
  get lastInOrder(): number {
    return this.#received & 0xffff;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** @throws BranchlineError PEER_ANSWER_INVALID, FILE_TOO_LARGE. */
  take(wire: number, data: Buffer): Receipt {
    if (data.length > this.#blockSize) {
      throw new BranchlineError(
        'PEER_ANSWER_INVALID',
        `the TFTP server sent a block of ${data.length} bytes where ${this.#blockSize} were agreed`,
      );
    }
    if (wire !== ((this.#received + 1) & 0xffff)) return this.#outOfOrder(wire);
    this.#received += 1;
    this.#gapReported = false;
    this.#bytes += data.length;
    if (this.#bytes > this.#maxBytes) {
      throw new BranchlineError(
        'FILE_TOO_LARGE',
        `the file is larger than ${this.#maxBytes} bytes: ask for more`,
      );
    }
    this.#parts.push(data);
    if (data.length < this.#blockSize) return { kind: 'done', block: this.lastInOrder };
    if (this.#received - this.#acked < this.#windowSize) return quiet;
    this.#acked = this.#received;
    return { kind: 'ack', block: this.lastInOrder };
  }

  /** A gap is reported once; the last acknowledged block again means that our acknowledgement was lost. */
  #outOfOrder(wire: number): Receipt {
    const ahead = (wire - this.#received) & 0xffff;
    const gap = ahead <= this.#windowSize && ahead > 0 && !this.#gapReported;
    const ackLost = wire === (this.#acked & 0xffff) && this.#acked === this.#received;
    if (!gap && !ackLost) return quiet;
    if (gap) this.#gapReported = true;
    this.#acked = this.#received;
    return { kind: 'ack', block: this.lastInOrder };
  }
}
