import { absoluteBlock } from './block-number.ts';
import type { Agreement } from './negotiate.ts';
import { RoundTrip } from './round-trip.ts';

/** What a download wants done next. Blocks are absolute numbers from 1. */
export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'oack' }
  | { readonly kind: 'blocks'; readonly first: number; readonly count: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'silent' };

export interface FlowPlan extends Agreement {
  /** Bytes of the file, exactly. */
  readonly size: number;
  /** Wait exactly the negotiated time-out, never less (RFC 2349 to the letter). */
  readonly strictTimeout?: boolean;
}

/** Repeats of the first answer: few, because the address that asked is not proven yet. */
const maxFirstRepeats = 3;
/** Repeats of a window without progress: a phone that writes its flash may be silent for some 20 seconds. */
const maxRepeats = 7;
/** Longest wait in milliseconds where the phone named none. */
const maxWaitMs = 10_000;

/** Shortest silence in milliseconds before the last block of a window is sent once more. */
const probeFloorMs = 15;

const wait = { kind: 'wait' } as const;

/**
 * One download as seen by the server: events in, steps out, no socket and no clock inside. The caller carries out each
 * step, reports with `sent` when the packets are out, and calls `onDeadline` when `deadline` has passed.
 *
 * A repeated acknowledgement never makes lock-step send (the Sorcerer's Apprentice, RFC 1123, 4.2.3.1), and a window is
 * sent again at most once for its base; everything else is the timer's. Of a window whose last packets were lost the phone
 * says nothing: after two round trips its last block is sent once more (the tail loss probe of RFC 8985), and the phone
 * reports what it misses.
 */
export class BlockFlow {
  readonly #plan: FlowPlan;
  readonly #last: number;
  readonly #trip = new RoundTrip();
  #acked = 0;
  #high = 0;
  #offering: boolean;
  #repeats = 0;
  #repeatedBase = -1;
  #probedBase = -1;
  #probeNext = false;
  #sentAt = 0;
  #measurable = true;
  #proven = false;
  #deadline = Infinity;

  constructor(plan: FlowPlan) {
    this.#plan = plan;
    this.#last = Math.floor(plan.size / plan.blockSize) + 1;
    this.#offering = plan.acknowledged.size > 0;
  }

  /** When to call `onDeadline`, in the caller's milliseconds; Infinity while a step is being carried out. */
  get deadline(): number {
    return this.#deadline;
  }

  /** True once the phone has answered from the address that it claims. */
  get proven(): boolean {
    return this.#proven;
  }

  /** True when only the acknowledgement of the last block is missing. */
  get finishing(): boolean {
    return this.#high === this.#last;
  }

  /** Bytes that the phone has acknowledged. */
  get bytesAcked(): number {
    return Math.min(this.#acked * this.#plan.blockSize, this.#plan.size);
  }

  start(): Step {
    return this.#offering ? this.#offer() : this.#window();
  }

  /** The same request again: the first answer was lost or slow. Once the phone has acknowledged anything, it is an echo. */
  onRepeatedRequest(): Step {
    if (this.#proven || this.#deadline === Infinity) return wait;
    this.#measurable = false;
    return this.start();
  }

  /** The packets of the last step are out. */
  sent(now: number): void {
    this.#sentAt = now;
    this.#probeNext = this.#mayProbe();
    this.#deadline = now + Math.min(this.#waitMs(), this.#probeNext ? this.#probeMs() : Infinity);
  }

  /** An acknowledgement with this 16 bit number has come in. */
  onAck(wire: number, now: number): Step {
    if (this.#deadline === Infinity) return wait;
    if (this.#offering) {
      if (wire !== 0) return wait;
      this.#offering = false;
      return this.#progress(0, now);
    }
    const block = absoluteBlock(wire, this.#acked, this.#plan.rollover);
    if (block > this.#high) return wait;
    if (block > this.#acked) return this.#progress(block, now);
    return this.#mayRestart(now) ? this.#restart() : wait;
  }

  /** The deadline has passed without progress. */
  onDeadline(): Step {
    if (this.#probeNext) return this.#probe();
    if (this.#repeats >= (this.#proven ? maxRepeats : maxFirstRepeats)) return { kind: 'silent' };
    this.#repeats += 1;
    this.#measurable = false;
    return this.#offering ? this.#offer() : this.#window();
  }

  #progress(block: number, now: number): Step {
    if (this.#measurable) this.#trip.sample(now - this.#sentAt);
    this.#measurable = true;
    this.#proven = true;
    this.#repeats = 0;
    this.#acked = block;
    return block === this.#last ? { kind: 'done' } : this.#window();
  }

  /**
   * The base of a window acknowledged again: the phone misses the first block behind it. Sooner than half a round trip
   * after sending, it can only be the echo of an older packet.
   */
  #mayRestart(now: number): boolean {
    return (
      this.#plan.windowSize > 1 &&
      this.#proven &&
      this.#repeatedBase !== this.#acked &&
      now - this.#sentAt >= this.#trip.smoothedMs / 2
    );
  }

  #restart(): Step {
    this.#repeatedBase = this.#acked;
    this.#measurable = false;
    return this.#window();
  }

  /** Once for each base of a window, by a measured round trip, and never where the phone's own time-out holds. */
  #mayProbe(): boolean {
    const { windowSize, strictTimeout } = this.#plan;
    return (
      windowSize > 1 &&
      strictTimeout !== true &&
      !this.#offering &&
      this.#repeats === 0 &&
      this.#probedBase !== this.#acked &&
      this.#trip.isMeasured
    );
  }

  #probeMs(): number {
    return Math.max(probeFloorMs, 2 * this.#trip.smoothedMs);
  }

  #probe(): Step {
    this.#probedBase = this.#acked;
    this.#measurable = false;
    this.#deadline = Infinity;
    return { kind: 'blocks', first: this.#high, count: 1 };
  }

  #offer(): Step {
    this.#deadline = Infinity;
    return { kind: 'oack' };
  }

  #window(): Step {
    const count = Math.min(this.#plan.windowSize, this.#last - this.#acked);
    this.#high = this.#acked + count;
    this.#deadline = Infinity;
    return { kind: 'blocks', first: this.#acked + 1, count };
  }

  #waitMs(): number {
    const { timeoutMs, strictTimeout } = this.#plan;
    if (timeoutMs !== undefined && strictTimeout === true) return timeoutMs;
    return Math.min(this.#trip.timeoutMs * 2 ** this.#repeats, timeoutMs ?? maxWaitMs);
  }
}
