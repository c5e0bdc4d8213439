import type { DatagramPort } from './datagram-port.ts';

const limit = 4096;

/**
 * Peers whose transfer is over, and the port it went through. Their late packets are no reason for an ERROR, which could
 * hit the next download of the same phone; that download goes through another port.
 */
export class Departed {
  readonly #lines = new Map<string, DatagramPort>();

  add(peer: string, line: DatagramPort): void {
    this.#lines.delete(peer);
    this.#lines.set(peer, line);
    if (this.#lines.size <= limit) return;
    for (const oldest of this.#lines.keys()) {
      this.#lines.delete(oldest);
      return;
    }
  }

  lineOf(peer: string): DatagramPort | undefined {
    return this.#lines.get(peer);
  }
}
