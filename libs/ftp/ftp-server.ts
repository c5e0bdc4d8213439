import { createServer, type DropArgument, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { PieceBuffers, type Transfer } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { secureOptions, type PhoneTls } from '#libs/identity';
import { listen, systemClock, type Clock, type Service } from '#libs/lifecycle';
import { RareLog, type Logger } from '#libs/observe';
import { plainAddress } from '#libs/phones';
import { defaultFtpLimits, type FtpLimits } from './ftp-limits.ts';
import type { LogIn } from './log-in.ts';
import type { PassivePorts } from './passive-ports.ts';
import { reply } from './reply.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

export interface FtpServerOptions {
  /** ftps: TLS from the first byte (port 990); ftp: TLS for who asks (AUTH TLS). */
  readonly name: 'ftp' | 'ftps';
  /** IP address or host name to listen on. */
  readonly address: string;
  readonly port: number;
  /** What clients are shown when they speak TLS; without it they cannot. */
  readonly tls?: PhoneTls | undefined;
  /** Whoever may log in; shared by all FTP servers, as its bounds are. */
  readonly logIn: LogIn;
  /** Started and stopped by this server's owner: servers share them. */
  readonly passive: PassivePorts;
  readonly passiveAddress?: string | undefined;
  /** Guide: FTPDataPort; 0 for any. */
  readonly activePort?: number;
  readonly resumedOnly?: boolean;
  readonly log: Logger;
  readonly onTransfer?: (transfer: Transfer) => void;
  readonly limits?: Partial<FtpLimits>;
  readonly clock?: Clock;
}

/** The FTP server (RFC 959, 2228, 2389, 2428, 3659, 4217; Guide p. 16 and 17). */
export class FtpServer implements Service {
  readonly name: 'ftp' | 'ftps';
  readonly #options: FtpServerOptions;
  readonly #limits: FtpLimits;
  readonly #clock: Clock;
  readonly #context: SessionContext;
  readonly #rareLog: RareLog;
  readonly #sessions = new Set<Session>();
  readonly #perAddress = new Map<string, number>();
  #server: Server | undefined;
  #secureContext: SecureContext | undefined;
  #checks: NodeJS.Timeout | undefined;

  constructor(options: FtpServerOptions) {
    const { name, clock = systemClock, log } = options;
    const { logIn, passive, passiveAddress, activePort = 0, resumedOnly = false } = options;
    this.name = name;
    this.#options = options;
    this.#limits = { ...defaultFtpLimits, ...options.limits };
    this.#clock = clock;
    this.#rareLog = new RareLog(log, () => performance.now());
    this.#context = {
      ...{ name, logIn, passive, passiveAddress, activePort, resumedOnly, clock, log },
      limits: this.#limits,
      secureContext: () => this.#secureContext,
      buffers: new PieceBuffers(),
      rareLog: this.#rareLog,
      onTransfer: options.onTransfer ?? (() => undefined),
    };
  }

  /** Control connections, idle ones included. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** What was bound. */
  addresses(): readonly { readonly address: string; readonly port: number }[] {
    const bound = this.#server?.address();
    if (bound === undefined || bound === null || typeof bound === 'string') return [];
    return [{ address: bound.address, port: bound.port }];
  }

  /** @throws BranchlineError LISTEN_FAILED or CERTIFICATE_INVALID. */
  async start(): Promise<void> {
    const { tls, address, port } = this.#options;
    if (tls !== undefined) this.setTls(tls);
    else if (this.name === 'ftps') {
      throw new BranchlineError('CERTIFICATE_INVALID', 'FTPS for telephones has no certificate');
    }
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.maxConnections = this.#limits.maxSessions;
    server.on('connection', (socket) => {
      this.#admit(socket);
    });
    server.on('drop', (data?: DropArgument) => {
      this.#rareLog.warn('too many FTP connections', { address: data?.remoteAddress ?? '' });
    });
    await listen(server, address, port);
    server.on('error', (error) => {
      this.#rareLog.warn('FTP listener failed', { err: error });
    });
    this.#server = server;
    this.#checks = setInterval(() => {
      const now = this.#clock.now();
      for (const session of this.#sessions) session.check(now);
    }, this.#limits.checkMs);
  }

  /** Transfers that are going on get `stopMs` to end. */
  async stop(): Promise<void> {
    clearInterval(this.#checks);
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else
        server.close(() => {
          resolve();
        });
    });
    for (const session of this.#sessions) session.stop();
    await Promise.race([closed, sleep(this.#limits.stopMs, undefined, { ref: false })]);
    for (const session of this.#sessions) session.cut('INTERRUPTED', 'the server is stopping');
    await closed;
  }

  /**
   * Show another certificate to those who connect from now on. Nobody is asked for one.
   * @throws BranchlineError CERTIFICATE_INVALID: then the old one stays.
   */
  setTls(tls: PhoneTls): void {
    this.#secureContext = createSecureContext(
      secureOptions({ ...tls, clientAuthorities: undefined }),
    );
  }

  #admit(socket: Socket): void {
    // Before it has a session of its own to hear of it.
    socket.on('error', () => undefined);
    const address = plainAddress(socket.remoteAddress);
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const count = this.#perAddress.get(address) ?? 0;
    if (count >= this.#limits.maxSessionsPerAddress) {
      this.#rareLog.warn('too many FTP connections from one address', { address });
      if (this.name === 'ftp') socket.write(reply(421, 'Too many connections from your address.'));
      socket.destroySoon();
      return;
    }
    this.#perAddress.set(address, count + 1);
    const session = new Session({
      context: this.#context,
      socket,
      address,
      localAddress: plainAddress(socket.localAddress),
      onClosed: () => {
        this.#sessions.delete(session);
        const left = (this.#perAddress.get(address) ?? 1) - 1;
        if (left === 0) this.#perAddress.delete(address);
        else this.#perAddress.set(address, left);
      },
    });
    this.#sessions.add(session);
    session.open(this.name === 'ftps');
  }
}
