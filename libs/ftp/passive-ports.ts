import { createServer, type Server, type Socket } from 'node:net';
import { BranchlineError } from '#libs/errors';
import { listen, type Service } from '#libs/lifecycle';
import { RareLog, type Logger } from '#libs/observe';
import { plainAddress } from '#libs/phones';
import { dismiss } from './farewell.ts';

/** Ports that passive data connections come to: so many that the kernel chooses, or a range for a firewall. */
export type PassiveRange =
  { readonly any: number } | { readonly from: number; readonly to: number };

export interface PassivePortsOptions {
  readonly address: string;
  readonly ports: PassiveRange;
  /** A promise that nobody has kept by then is void, in milliseconds. */
  readonly promiseMs: number;
  readonly log: Logger;
}

/** One data connection that a client was told to make. */
export interface PassivePromise {
  readonly port: number;
  /** The connection; undefined when it did not come in time, or the promise was withdrawn. */
  readonly socket: Promise<Socket | undefined>;
  /** Withdraw it: a connection that came already is ended, by `farewell` where one is given. */
  cancel(farewell?: (socket: Socket) => void): void;
}

interface Pending {
  readonly resolve: (socket: Socket | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The listeners of passive data connections, opened once: a listener per transfer would soon meet ports that wait for
 * their last packets. A connection belongs to the session that was promised this port and whose client has the same
 * address; every other is cut, so that nobody takes somebody else's data (RFC 2577 § 5).
 */
export class PassivePorts implements Service {
  readonly name = 'ftp data ports';
  readonly #options: PassivePortsOptions;
  readonly #rareLog: RareLog;
  readonly #servers: Server[] = [];
  readonly #ports: number[] = [];
  /** By port and address of the client. */
  readonly #pending = new Map<string, Pending>();
  #next = 0;

  constructor(options: PassivePortsOptions) {
    this.#options = options;
    this.#rareLog = new RareLog(options.log, () => performance.now());
  }

  /** The ports that are open. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** @throws BranchlineError LISTEN_FAILED when not one port can be opened. */
  async start(): Promise<void> {
    const { ports, log } = this.#options;
    const wanted =
      'any' in ports
        ? Array.from({ length: ports.any }, () => 0)
        : Array.from({ length: ports.to - ports.from + 1 }, (_, n) => ports.from + n);
    const refused: unknown[] = [];
    for (const port of wanted) {
      try {
        await this.#open(port);
      } catch (error) {
        refused.push(error);
      }
    }
    if (this.#ports.length === 0) {
      await this.stop();
      const [first] = refused;
      throw first instanceof BranchlineError
        ? first
        : new BranchlineError('LISTEN_FAILED', 'no data port of FTP can be opened');
    }
    if (refused.length > 0) {
      log.warn(
        { open: this.#ports.length, refused: refused.length, err: refused[0] },
        'some FTP data ports are taken by other programs: set PassivePorts to a range that is free',
      );
    }
  }

  async stop(): Promise<void> {
    for (const [key, pending] of this.#pending) this.#settle(key, pending, undefined);
    const servers = this.#servers.splice(0);
    this.#ports.length = 0;
    await Promise.all(
      servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => {
              resolve();
            });
          }),
      ),
    );
  }

  /** Promise a port to the client at `peer`; undefined when each of them is promised to this address already. */
  promise(peer: string): PassivePromise | undefined {
    for (let tried = 0; tried < this.#ports.length; tried += 1) {
      const port = this.#ports[this.#next % this.#ports.length] ?? 0;
      this.#next = (this.#next + 1) % this.#ports.length;
      const key = keyOf(port, peer);
      if (!this.#pending.has(key)) return this.#promise(port, key);
    }
    return undefined;
  }

  #promise(port: number, key: string): PassivePromise {
    const { promise: socket, resolve } = Promise.withResolvers<Socket | undefined>();
    const pending: Pending = {
      resolve,
      timer: setTimeout(() => {
        this.#settle(key, pending, undefined);
      }, this.#options.promiseMs),
    };
    this.#pending.set(key, pending);
    return {
      port,
      socket,
      cancel: (farewell = endQuietly) => {
        this.#settle(key, pending, undefined);
        void socket.then((came) => {
          if (came?.destroyed === false) farewell(came);
        });
      },
    };
  }

  async #open(port: number): Promise<void> {
    // Not read before its session says so: what comes belongs to TLS, or to an upload.
    const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true });
    server.on('connection', (socket) => {
      this.#take(socket);
    });
    await listen(server, this.#options.address, port);
    server.on('error', (error) => {
      this.#rareLog.warn('FTP data port failed', { err: error });
    });
    const bound = server.address();
    if (bound === null || typeof bound === 'string') return;
    this.#servers.push(server);
    this.#ports.push(bound.port);
  }

  #take(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress) ?? '';
    const key = keyOf(socket.localPort ?? 0, address);
    const pending = this.#pending.get(key);
    // Whoever waits for it hears of its end by itself.
    socket.on('error', () => undefined);
    if (pending === undefined) {
      this.#rareLog.warn('FTP data connection that nobody was promised', { address });
      socket.destroy();
      return;
    }
    this.#settle(key, pending, socket);
  }

  #settle(key: string, pending: Pending, socket: Socket | undefined): void {
    clearTimeout(pending.timer);
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
    pending.resolve(socket);
  }
}

const endQuietly = (socket: Socket): void => {
  dismiss(socket, 'download');
};

const keyOf = (port: number, peer: string): string => `${port} ${peer}`;
