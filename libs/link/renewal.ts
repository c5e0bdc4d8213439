import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import { describeCertificate, renewalTime } from '#libs/identity';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';

export interface RenewalOptions {
  /** Whose certificate, for the log. */
  readonly of: 'branch' | 'hub';
  /** The certificate in use, PEM. */
  readonly current: () => string;
  /** Get the next one, keep it durably, present it from then on. */
  readonly renew: (signal: AbortSignal) => Promise<void>;
  /** Spreads the renewals of many over time: the branch's name or the hub's id. */
  readonly seed: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Timers are not longer than this: the clock may be set in between. */
const longestSleepMs = 60_000;
const longestRetryMs = 3_600_000;
const shortestRetryMs = 1_000;

/**
 * Renews a certificate at two thirds of its life, or at once when it is not good yet. A try that fails is repeated after a tenth of the life that is left,
 * an hour at most; once it has expired nothing here can help, and the hub's refusal says so.
 */
export class Renewal implements Service {
  readonly name: string;
  readonly #options: RenewalOptions;
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #trouble: BranchlineError | undefined;

  constructor(options: RenewalOptions) {
    this.name = `renewal of the ${options.of}'s certificate`;
    this.#options = options;
  }

  /** Why the last try failed; undefined when all is well. */
  get trouble(): BranchlineError | undefined {
    return this.#trouble;
  }

  /** End of life of the certificate in use, Unix milliseconds. */
  get notAfterMs(): number {
    return describeCertificate(this.#options.current()).notAfterMs;
  }

  async start(): Promise<void> {
    this.#loop = this.#run();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      while (!signal.aborted) {
        const certificate = describeCertificate(this.#options.current());
        const { notBeforeMs } = certificate;
        await this.#sleepUntil(renewalTime(certificate, this.#options.seed), notBeforeMs);
        await this.#renew(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#trouble = asBranchlineError(error);
      this.#options.log.error({ err: error }, `${this.name} has ended`);
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, log, renew, of } = this.#options;
    for (;;) {
      try {
        await renew(signal);
        this.#trouble = undefined;
        const notAfter = new Date(this.notAfterMs).toISOString();
        log.info({ of, notAfter }, 'certificate renewed');
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.#trouble = asBranchlineError(error);
      }
      const left = this.notAfterMs - clock.now();
      const { code, message } = this.#trouble;
      log.warn({ of, code, reason: message, leftMs: left }, 'certificate not renewed');
      if (left <= 0) throw this.#trouble;
      const wait = Math.min(Math.max(left / 10, shortestRetryMs), longestRetryMs);
      await this.#sleepUntil(clock.now() + wait);
    }
  }

  /** Also ends when it is before `notBefore`: the clock was ahead when the certificate was made, and nobody takes it now. */
  async #sleepUntil(at: number, notBefore = -Infinity): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopped;
    for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
      if (clock.now() < notBefore) return;
      await sleep(Math.min(left, longestSleepMs), undefined, { signal });
    }
  }
}
