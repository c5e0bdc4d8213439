import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay on loopback between a branch and its hub: it counts, slows down, and cuts. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #bytesPerSecond: number;
  readonly #watchers = new Set<() => void>();
  /** Bytes that went from the hub to the branch, TLS and all. */
  down = 0;
  /** Bytes that went from the branch to the hub. */
  up = 0;

  private constructor(target: () => number, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((branch) => {
      this.#join(branch, connect(target(), '127.0.0.1'));
    });
  }

  static async start(target: () => number, bytesPerSecond = Infinity): Promise<Relay> {
    const relay = new Relay(target, bytesPerSecond);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the relay is not listening');
    return address.port;
  }

  /** Resolves once so many bytes went down in all. */
  async reached(bytes: number): Promise<void> {
    await this.#until(() => this.down >= bytes);
  }

  /** Resolves once so many bytes went up in all. */
  async reachedUp(bytes: number): Promise<void> {
    await this.#until(() => this.up >= bytes);
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const more = Promise.withResolvers<undefined>();
      const watcher = (): void => {
        more.resolve(undefined);
      };
      this.#watchers.add(watcher);
      await more.promise;
      this.#watchers.delete(watcher);
    }
  }

  /** Resolves once every connection that is open now has ended. */
  async ended(): Promise<void> {
    await Promise.all(
      [...this.#sockets].map(async (socket) => {
        const closed = Promise.withResolvers<undefined>();
        socket.once('close', () => {
          closed.resolve(undefined);
        });
        await closed.promise;
      }),
    );
  }

  /** Cut every connection, as a link that goes down does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(branch: Socket, hub: Socket): void {
    for (const [socket, other] of [
      [branch, hub],
      [hub, branch],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    branch.pipe(hub);
    branch.on('data', (bytes) => {
      this.up += bytes.length;
      for (const watcher of this.#watchers) watcher();
    });
    hub.on('data', (bytes) => {
      this.down += bytes.length;
      const taken = branch.write(bytes);
      for (const watcher of this.#watchers) watcher();
      hub.pause();
      const goOn = (): void => {
        setTimeout(() => hub.resume(), (bytes.length / this.#bytesPerSecond) * 1_000);
      };
      if (taken) goOn();
      else branch.once('drain', goOn);
    });
  }
}
