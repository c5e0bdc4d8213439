import type { Socket } from 'node:net';
import type { Server } from 'node:tls';

/** An RSA handshake takes a millisecond of this thread. */
const perTurn = 8;

/**
 * Lets TLS begin on a few connections in each turn of the event loop, in the order in which they came: a building of
 * telephones that comes back from a power cut would otherwise keep everybody waiting for as long as all its handshakes take.
 */
export class HandshakeTurns {
  readonly #waiting: (() => void)[] = [];
  #due = false;

  /** What `server` does with a new connection now waits for its turn. */
  guard(server: Server): void {
    const begins = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.#waiting.push(() => {
        if (socket.destroyed) return;
        for (const begin of begins) begin.call(server, socket);
      });
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#due || this.#waiting.length === 0) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      for (const begin of this.#waiting.splice(0, perTurn)) begin();
      this.#plan();
    });
  }
}
