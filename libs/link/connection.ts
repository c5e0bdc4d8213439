import { Agent, buildConnector, type Dispatcher } from 'undici';
import { asBranchlineError } from '#libs/errors';
import { bracketed, openTunnel, type ProxyOptions } from './tunnel.ts';

/** Milliseconds. */
export interface LinkTimeouts {
  /** Name, TCP, tunnel and TLS together. */
  readonly connectMs: number;
  /** From the request to the head of its answer. */
  readonly answerMs: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
}

export const defaultTimeouts: LinkTimeouts = {
  connectMs: 10_000,
  answerMs: 30_000,
  idleMs: 30_000,
};

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly proxy?: ProxyOptions | undefined;
  readonly timeouts: LinkTimeouts;
  readonly tls: buildConnector.BuildOptions;
}

export type Ask = Omit<Dispatcher.RequestOptions, 'origin'>;

/** How long an idle connection is kept, unless the hub says otherwise. */
const keepAliveMs = 60_000;
const maxConnections = 8;

/** A pool of connections to one peer, each made with the same TLS identity, directly or through a proxy. */
export class Connection {
  readonly origin: string;
  readonly #dispatcher: Agent;

  constructor(options: ConnectionOptions) {
    const { timeouts } = options;
    this.origin = `https://${bracketed(options.host)}:${options.port}`;
    this.#dispatcher = new Agent({
      connect: options.proxy === undefined ? direct(options) : tunnelled(options, options.proxy),
      connections: maxConnections,
      pipelining: 1,
      headersTimeout: timeouts.answerMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: keepAliveMs,
    });
  }

  /** Send a request and wait for the head of its answer. */
  ask(request: Ask): Promise<Dispatcher.ResponseData> {
    return this.#dispatcher.request({ ...request, origin: this.origin });
  }

  /** Let what is under way end, and take nothing new. */
  close(): Promise<void> {
    return this.#dispatcher.close();
  }

  /** End everything now. */
  destroy(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

function direct({ tls, timeouts }: ConnectionOptions): buildConnector.connector {
  return buildConnector({ ...once, ...tls, timeout: timeouts.connectMs });
}

/** No sessions: a resumed one would present the identity of the day it was made. No HTTP/2: the hub does not speak it. */
const once = { maxCachedSessions: 0, allowH2: false } as const;

/**
 * CONNECT by ourselves and not by undici's ProxyAgent: that one folds every answer of the proxy into a message,
 * and an operator must see whether the proxy, its password or the hub is at fault.
 */
function tunnelled(options: ConnectionOptions, proxy: ProxyOptions): buildConnector.connector {
  const secure = direct(options);
  return (target, callback) => {
    openTunnel(proxy, options.host, options.port, options.timeouts.connectMs).then(
      (httpSocket) => {
        secure({ ...target, httpSocket }, callback);
      },
      (error: unknown) => {
        callback(asBranchlineError(error), null);
      },
    );
  };
}
