import { isIPv4 } from 'node:net';

/** Counts something by address, up to a limit for each. Loopback is exempt: it cannot be forged from outside. */
export class AddressTally {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Count one more, or say no. */
  admit(address: string): boolean {
    if (isLoopback(address)) return true;
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#limit) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  /** One of `address` is over. */
  settle(address: string): void {
    const count = this.#counts.get(address);
    if (count === undefined) return;
    if (count > 1) this.#counts.set(address, count - 1);
    else this.#counts.delete(address);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
