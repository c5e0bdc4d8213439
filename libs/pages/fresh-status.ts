import type { RunSpeed } from './run-speed.ts';
import { boundedStatus, type Status, type StatusSource } from './status.ts';

/** For each branch that the status names, in milliseconds: to put 2,000 of them together twice a second would make telephones wait. */
const eachBranchMs = 1;

/** Asks the source at most once in a while, and once for all who ask at the same time; adds the speed of the run. */
export class FreshStatus implements StatusSource {
  readonly #source: StatusSource;
  readonly #speed: RunSpeed;
  readonly #maxAgeMs: number;
  #asked: { at: number; answer: Promise<Status> } | undefined;
  #branches = 0;

  constructor(source: StatusSource, speed: RunSpeed, maxAgeMs = 500) {
    this.#source = source;
    this.#speed = speed;
    this.#maxAgeMs = maxAgeMs;
  }

  async status(): Promise<Status> {
    const now = performance.now();
    if (
      this.#asked === undefined ||
      now - this.#asked.at > this.#maxAgeMs + this.#branches * eachBranchMs
    ) {
      this.#asked = { at: now, answer: this.#ask() };
    }
    const { answer } = this.#asked;
    try {
      return await answer;
    } catch (error) {
      if (this.#asked.answer === answer) this.#asked = undefined;
      throw error;
    }
  }

  async #ask(): Promise<Status> {
    const status = boundedStatus(await this.#source.status());
    this.#branches = status.hub?.branches.length ?? 0;
    if (!status.sync || status.sync.bytesPerS !== null) return status;
    return { ...status, sync: { ...status.sync, bytesPerS: this.#speed.bytesPerS() } };
  }
}
