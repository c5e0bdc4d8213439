import type { Duplex } from 'node:stream';
import type { ErrorCode } from '#libs/errors';

/** A refusal is on its way for so long, in milliseconds, before the phone may be cut. */
const tellingMs = 100;

/** One connection of a telephone: its requests take turns, however many it sends at once. */
export class Connection {
  /** The phone's IP address as text. */
  readonly address: string;
  /** When it is cut, in Unix milliseconds; undefined while nothing is being answered. */
  deadline: number | undefined;
  /** What the phone's bytes come from: the socket, or TLS on top of it. */
  stream: Duplex;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #busy = false;
  #last = false;
  #cutBecause: ErrorCode | undefined;
  #onInterrupt: ((because: ErrorCode) => void) | undefined;
  #toldAt = -Infinity;
  #broken = false;

  constructor(stream: Duplex, address: string, maxWaiting: number) {
    this.stream = stream;
    this.address = address;
    this.#maxWaiting = maxWaiting;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** True when the present answer is the last. */
  get last(): boolean {
    return this.#last;
  }

  /** Why this side cut it, if it did. */
  get cutBecause(): ErrorCode | undefined {
    return this.#cutBecause;
  }

  /** Run `answer` now, or when the requests before it are answered; `done` must be called at the end of each. */
  take(answer: () => void): void {
    if (this.#last && this.#busy) return;
    if (!this.#busy) {
      this.#busy = true;
      answer();
    } else if (this.#waiting.length < this.#maxWaiting) {
      this.#waiting.push(answer);
    } else {
      this.destroy();
    }
  }

  done(): void {
    this.deadline = undefined;
    const next = this.#last ? undefined : this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#busy = false;
    if (!this.#last) return;
    const { stream } = this;
    stream.end(() => {
      stream.destroy();
    });
  }

  /** True when what came was no HTTP: nothing more will be read. */
  get broken(): boolean {
    return this.#broken;
  }

  /** From now on a body is read, or with undefined no more; `told` hears once when it will not come to its end. */
  reading(told: ((because: ErrorCode) => void) | undefined): void {
    this.#onInterrupt = told;
    if (this.#broken) this.interrupt('UPLOAD_INVALID');
  }

  /** Give up the body that is being read, so that the phone can still be told why. False when there is none. */
  interrupt(because: ErrorCode): boolean {
    const told = this.#onInterrupt;
    const now = performance.now();
    // Two clocks watch a silent phone: the second must not cut what the first has it told.
    if (told === undefined) return now - this.#toldAt < tellingMs;
    this.#toldAt = now;
    this.#onInterrupt = undefined;
    // Its refusal gets time of its own.
    this.deadline = undefined;
    told(because);
    return true;
  }

  /** What comes is no HTTP. */
  breakOff(): void {
    this.#broken = true;
    this.interrupt('UPLOAD_INVALID');
    this.finish();
  }

  /** Take no request after the present one. */
  lastRequest(): void {
    this.#last = true;
    this.#waiting.length = 0;
  }

  /** End it after the present answer; at once when there is none. */
  finish(): void {
    this.lastRequest();
    if (!this.#busy) this.destroy();
  }

  destroy(because?: ErrorCode): void {
    this.#cutBecause ??= because;
    this.#waiting.length = 0;
    this.stream.destroy();
  }
}
