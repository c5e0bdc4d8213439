import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A line between a branch and a hub that can be cut, frozen and slowed down in the middle of a body. */
export class BadLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #delayMs = 0;
  #frozen = false;
  #lastUp = 0;
  /** Bytes from the branch to the hub, TLS and all. */
  up = 0;
  /** Told when the branch speaks after a silence, and when the hub answers. */
  onTraffic: (what: 'asked' | 'answered') => void = () => undefined;

  private constructor(port: number) {
    this.#server = createServer((branch) => {
      this.#join(branch, connect(port, '127.0.0.1'));
    });
  }

  /** In front of a port of loopback. */
  static async open(port: number): Promise<BadLink> {
    const link = new BadLink(port);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Every connection is reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Nothing more goes through, and nobody is told. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Each piece waits so long, in milliseconds. */
  slowDown(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  heal(): void {
    this.#frozen = false;
    this.#delayMs = 0;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(branch: Socket, hub: Socket): void {
    this.#carry(branch, hub, (bytes) => {
      this.up += bytes;
      const now = performance.now();
      if (now - this.#lastUp > 100) this.onTraffic('asked');
      this.#lastUp = now;
    });
    this.#carry(hub, branch, () => {
      this.onTraffic('answered');
    });
  }

  #carry(from: Socket, to: Socket, onBytes: (bytes: number) => void): void {
    this.#sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on('end', () => to.end());
    from.on('data', (bytes) => {
      onBytes(bytes.length);
      from.pause();
      setTimeout(() => {
        const goOn = (): void => {
          if (!this.#frozen) from.resume();
        };
        if (to.write(bytes)) goOn();
        else to.once('drain', goOn);
      }, this.#delayMs);
    });
  }
}
