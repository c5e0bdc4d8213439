import type { DatagramPort } from './datagram-port.ts';

/** Of each of the two halves. */
const limit = 2048;

/**
 * Peers whose transfer is over, and the port it went through. Their late packets are no reason for an ERROR, which could
 * hit the next download of the same phone; that download goes through another port. Two halves, of which the older one is
 * dropped when the newer one is full: taking single ones out would cost more than all else that is done here.
 */
export class Departed {
  #newer = new Map<string, DatagramPort>();
  #older = new Map<string, DatagramPort>();

  add(peer: string, line: DatagramPort): void {
    this.#newer.set(peer, line);
    if (this.#newer.size < limit) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  lineOf(peer: string): DatagramPort | undefined {
    return this.#newer.get(peer) ?? this.#older.get(peer);
  }
}
