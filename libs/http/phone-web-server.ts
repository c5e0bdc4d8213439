import http from 'node:http';
import https from 'node:https';
import type { DropArgument, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Delivery, Transfer, TreeName } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { secureOptions, type PhoneTls } from '#libs/identity';
import { listen, systemClock, type Clock, type Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { HandshakeTurns } from './handshake-turns.ts';
import { PhoneConnections } from './phone-connections.ts';
import { allowedMethods, rawRefusal, refusal } from './refusal.ts';
import { RepairedStream } from './repaired-request.ts';
import { RequestHandler } from './request-handler.ts';
import { Strangers } from './strangers.ts';
import { refuseUnreadable, repairable } from './unreadable-request.ts';
import type { UploadSpace } from './upload-spaces.ts';
import { defaultWebLimits, type WebLimits } from './web-limits.ts';

export interface PhoneWebServerOptions {
  readonly name: 'http' | 'https';
  readonly tree: TreeName;
  /** IP address or host name to listen on. */
  readonly address: string;
  /** One listener each; 0 takes any free port (Guide: 81 and 80, 411 and 443). */
  readonly ports: readonly number[];
  /** For https. */
  readonly tls?: PhoneTls;
  readonly delivery: Delivery;
  /** What telephones may save here; nothing unless told. */
  readonly uploads?: readonly UploadSpace[];
  readonly log: Logger;
  readonly onTransfer?: (transfer: Transfer) => void;
  readonly limits?: Partial<WebLimits>;
  readonly clock?: Clock;
}

/** Web server for telephones: one tree by HTTP or HTTPS, and what they save (Guide ch. 3, p. 16–18). */
export class PhoneWebServer implements Service {
  readonly name: 'http' | 'https';
  readonly #options: PhoneWebServerOptions;
  readonly #limits: WebLimits;
  readonly #clock: Clock;
  readonly #handler: RequestHandler;
  readonly #connections: PhoneConnections;
  readonly #strangers: Strangers;
  readonly #handshakes = new HandshakeTurns();
  readonly #servers: (http.Server | https.Server)[] = [];
  /** Reads repaired requests; it has no port. */
  readonly #repairs: http.Server;
  #tls: PhoneTls | undefined;
  #checks: NodeJS.Timeout | undefined;

  constructor(options: PhoneWebServerOptions) {
    const { name, tree, delivery, log, onTransfer, clock = systemClock } = options;
    const limits = { ...defaultWebLimits, ...options.limits };
    this.name = name;
    this.#options = options;
    this.#limits = limits;
    this.#clock = clock;
    this.#tls = options.tls;
    this.#handler = new RequestHandler({
      ...{ name, tree, delivery, log, onTransfer, clock, limits },
      uploads: options.uploads ?? [],
    });
    this.#connections = new PhoneConnections(limits);
    this.#strangers = new Strangers(log, clock);
    this.#repairs = this.#answering(http.createServer(this.#httpOptions()));
  }

  /** Connections of telephones, idle ones included. */
  get connections(): number {
    return this.#connections.count;
  }

  /** Bytes of large files that wait in memory for the network. */
  get bufferedBytes(): number {
    return this.#handler.bufferedBytes;
  }

  /** What was bound, in the order of the ports that were asked for. */
  addresses(): readonly { readonly address: string; readonly port: number }[] {
    return this.#servers.flatMap((server) => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return [];
      return [{ address: bound.address, port: bound.port }];
    });
  }

  /** @throws BranchlineError LISTEN_FAILED or CERTIFICATE_INVALID. */
  async start(): Promise<void> {
    try {
      for (const port of this.#options.ports) {
        const server = this.#guarded(this.#answering(this.#createServer()));
        await listen(server, this.#options.address, port);
        this.#servers.push(server);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#checks = setInterval(() => {
      this.#connections.cutLate(this.#clock.now());
      this.#strangers.report();
    }, this.#limits.checkMs);
  }

  /** Downloads that are going on get `stopMs` to end. */
  async stop(): Promise<void> {
    clearInterval(this.#checks);
    const closed = this.#servers.splice(0).map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    );
    this.#connections.finishAll();
    const late = setTimeout(() => {
      this.#connections.destroyAll('INTERRUPTED');
    }, this.#limits.stopMs);
    await Promise.all(closed);
    clearTimeout(late);
  }

  /**
   * Show other certificates to those who connect from now on; downloads that are going on are not disturbed.
   * @throws BranchlineError CERTIFICATE_INVALID: then the old ones stay.
   */
  setTls(tls: PhoneTls): void {
    const secure = secureOptions(tls);
    this.#tls = tls;
    for (const server of this.#servers) {
      if (server instanceof https.Server) server.setSecureContext(secure);
    }
  }

  #httpOptions(): http.ServerOptions {
    const limits = this.#limits;
    return {
      // HTTP/1.1 wants a Host, old phones send none.
      requireHostHeader: false,
      optimizeEmptyRequests: true,
      headersTimeout: limits.headersMs,
      // Bodies have limits of their own (Exchange).
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkMs,
      maxHeaderSize: limits.maxHeaderBytes,
    };
  }

  #createServer(): http.Server | https.Server {
    if (this.name === 'http') return http.createServer(this.#httpOptions());
    if (this.#tls === undefined) {
      throw new BranchlineError('CERTIFICATE_INVALID', 'HTTPS for telephones has no certificate');
    }
    const server = https.createServer({
      ...this.#httpOptions(),
      ...secureOptions(this.#tls),
      // A client that names HTTP/1.0 only (RFC 7301) would else be turned away before it has asked.
      ALPNProtocols: ['http/1.1', 'http/1.0'],
      allowHalfOpen: true,
      handshakeTimeout: this.#limits.handshakeMs,
    });
    this.#handshakes.guard(server);
    return server;
  }

  /** Requests of `server` are answered. */
  #answering<S extends http.Server | https.Server>(server: S): S {
    const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      const connection = this.#connections.of(request.socket);
      if (connection === undefined) {
        request.socket.destroy();
        return;
      }
      connection.take(() => {
        this.#handler.handle(request, response, connection);
      });
    };
    server.timeout = this.#limits.stallMs;
    // A client that closes its sending side after the request still wants the answer. Node has no typed option for it.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('request', answer);
    // Whether the body is wanted is decided there.
    server.on('checkContinue', answer);
    server.on('connect', (_, stream) => {
      stream.end(rawRefusal(refusal(405, ['Allow', allowedMethods])));
    });
    server.on('clientError', (error, stream) => {
      this.#onUnreadable(error, stream);
    });
    server.on('timeout', (socket: Socket) => {
      const connection = this.#connections.of(socket);
      if (connection?.interrupt('PHONE_SILENT') === true) return;
      connection?.destroy('PHONE_SILENT');
      socket.destroy();
    });
    return server;
  }

  /** Connections of `server` are counted and bounded, and what goes wrong below them is noted. */
  #guarded<S extends http.Server | https.Server>(server: S): S {
    server.maxConnections = this.#limits.maxConnections;
    server.on('drop', (data?: DropArgument) => {
      this.#strangers.note('too many connections', data?.remoteAddress ?? '');
    });
    server.on('connection', (socket: Socket) => {
      if (this.#connections.admit(socket)) return;
      this.#strangers.note('too many connections', socket.remoteAddress ?? '');
      socket.destroy();
    });
    server.on('error', (error) => {
      this.#options.log.error({ err: error }, 'listener failed');
    });
    if (server instanceof https.Server) {
      server.on('secureConnection', (stream) => {
        this.#connections.secured(stream);
      });
    }
    return server;
  }

  #onUnreadable(error: Error, stream: Duplex): void {
    const connection = this.#connections.of(stream);
    // The rest of what was repaired: its answer is on its way.
    if (connection !== undefined && connection.stream !== stream) return;
    const received = 'bytesRead' in stream ? stream.bytesRead : undefined;
    const head = connection === undefined ? undefined : repairable(error, received);
    if (connection !== undefined && head !== undefined) {
      // The first parser has no more say: it would end the connection when the phone closes its sending side.
      stream.removeAllListeners('end');
      const repaired = new RepairedStream(stream, head);
      this.#connections.replaceStream(connection, repaired);
      connection.lastRequest();
      this.#repairs.emit('connection', repaired);
      return;
    }
    const reason = refusedCertificate(stream) ?? refuseUnreadable(error, stream, connection);
    const offence = connection === undefined ? 'TLS handshake failed' : 'unreadable request';
    if (reason !== undefined) this.#strangers.note(offence, connection?.address ?? '', reason);
  }
}

/** What was wrong with a client's certificate, where one was asked for; Node has ended the connection. */
function refusedCertificate(stream: Duplex): string | undefined {
  // Typed as Error, but it is the code of OpenSSL's verdict, or null.
  const wrong: unknown = stream instanceof TLSSocket ? stream.authorizationError : undefined;
  return typeof wrong === 'string' ? wrong : undefined;
}
