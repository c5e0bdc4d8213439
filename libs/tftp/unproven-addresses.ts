import { isIPv4 } from 'node:net';

/**
 * Counts the first answers that await their acknowledgement, by address. Anybody can put a stranger's address into a
 * datagram; this bounds what the stranger then receives from us (facts: TFTP amplifies about 60 times).
 */
export class UnprovenAddresses {
  readonly #limit: number;
  readonly #waiting = new Map<string, number>();

  /** `limit` first answers for one address at a time; loopback is exempt, it cannot be forged from outside. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Count one more, or say no. */
  admit(address: string): boolean {
    if (isLoopback(address)) return true;
    const waiting = this.#waiting.get(address) ?? 0;
    if (waiting >= this.#limit) return false;
    this.#waiting.set(address, waiting + 1);
    return true;
  }

  /** One of `address` has proven itself or has ended. */
  settle(address: string): void {
    const waiting = this.#waiting.get(address);
    if (waiting === undefined) return;
    if (waiting > 1) this.#waiting.set(address, waiting - 1);
    else this.#waiting.delete(address);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
