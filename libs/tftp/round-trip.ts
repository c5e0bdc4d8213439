/** Lower end of a retransmission time-out in milliseconds: some ticks of the timer wheel. */
const floorMs = 150;
/** Before anything was measured, in milliseconds. */
const unmeasuredMs = 500;

/** How long to wait for a phone, from how long it took so far (the estimator of RFC 6298). */
export class RoundTrip {
  #smoothed: number | undefined;
  #variation = 0;

  get isMeasured(): boolean {
    return this.#smoothed !== undefined;
  }

  /** Milliseconds, 0 while nothing was measured. */
  get smoothedMs(): number {
    return this.#smoothed ?? 0;
  }

  /** Milliseconds to wait for the first time; the caller doubles it for each repeat. */
  get timeoutMs(): number {
    if (this.#smoothed === undefined) return unmeasuredMs;
    return Math.max(floorMs, this.#smoothed + 4 * this.#variation);
  }

  /** Take in one measurement; never one of a packet that was sent twice (Karn's rule). */
  sample(ms: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = ms;
      this.#variation = ms / 2;
      return;
    }
    this.#variation += (Math.abs(this.#smoothed - ms) - this.#variation) / 4;
    this.#smoothed += (ms - this.#smoothed) / 8;
  }
}
