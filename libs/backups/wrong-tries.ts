import { BranchlineError } from '#libs/errors';
import type { Clock } from '#libs/lifecycle';

const maxTries = 10;
const windowMs = 10 * 60_000;
const maxAddresses = 10_000;

/** Counts wrong passwords by address: registration passwords are short, guessing them must be slow. */
export class WrongTries {
  readonly #clock: Clock;
  readonly #tries = new Map<string, { count: number; since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws BranchlineError TRIES_EXCEEDED. */
  require(address: string): void {
    const tries = this.#tries.get(address);
    if (tries === undefined || tries.count < maxTries) return;
    if (this.#clock.now() - tries.since >= windowMs) {
      this.#tries.delete(address);
      return;
    }
    throw new BranchlineError(
      'TRIES_EXCEEDED',
      `${address} sent ${maxTries} wrong passwords within ten minutes: it is heard again after that time`,
    );
  }

  note(address: string): void {
    const now = this.#clock.now();
    const known = this.#tries.get(address);
    const going = known !== undefined && now - known.since < windowMs;
    this.#tries.delete(address);
    this.#tries.set(
      address,
      going ? { ...known, count: known.count + 1 } : { count: 1, since: now },
    );
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > maxAddresses && oldest !== undefined) this.#tries.delete(oldest);
  }
}
