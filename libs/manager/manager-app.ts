import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { securityHeaders } from '#libs/pages';

/** What browsers are shown, PEM. */
export interface ManagerTls {
  readonly cert: readonly string[];
  readonly key: readonly string[];
}

export interface ManagerLimits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** Of one address; a browser has six. */
  readonly connectionsPerAddress: number;
  readonly headersMs: number;
  /** For a whole form of somebody who has not signed in. */
  readonly strangersBodyMs: number;
  readonly idleMs: number;
}

export const managerLimits: ManagerLimits = {
  bodyBytes: 256 * 1024,
  headerBytes: 16_384,
  connections: 256,
  connectionsPerAddress: 64,
  headersMs: 10_000,
  strangersBodyMs: 10_000,
  idleMs: 60_000,
};

/** On every answer. Referrers stay at home, but a form must say where it comes from. */
export const managerHeaders = {
  ...securityHeaders,
  'content-security-policy': securityHeaders['content-security-policy'].replace(
    "form-action 'none'",
    "form-action 'self'",
  ),
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

export interface ManagerAppOptions {
  /** undefined = plain HTTP. */
  readonly tls: ManagerTls | undefined;
  readonly limits: ManagerLimits;
  readonly refuse: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** The web server below the pages: its bounds, its TLS, and what it says to who does not speak HTTP. */
export function managerApp({ tls, limits, refuse }: ManagerAppOptions): FastifyInstance {
  const server = {
    headersTimeout: limits.headersMs,
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: Math.min(2_000, limits.headersMs),
  };
  const options = {
    logger: false,
    forceCloseConnections: true,
    bodyLimit: limits.bodyBytes,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.headersMs,
    frameworkErrors: refuse,
    clientErrorHandler: hangUp,
  } as const;
  const app: FastifyInstance =
    tls === undefined
      ? fastify({ ...options, http: server })
      : fastify({
          ...options,
          https: {
            ...server,
            ...tlsOptions(tls),

            handshakeTimeout: limits.headersMs,
          },
        });
  app.server.maxConnections = limits.connections;
  const counts = new Map<string, number>();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (counts.get(address) ?? 0) + 1;
    if (count > limits.connectionsPerAddress) {
      socket.destroy();
      return;
    }
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
  return app;
}

/** TLS 1.0 and 1.1 are for old telephones, on a port of theirs. */
export const tlsOptions = ({ cert, key }: ManagerTls): SecureContextOptions => ({
  ...{ cert: [...cert], key: [...key] },
  minVersion: 'TLSv1.2',
});

/** Node takes the first of two and tells nobody; what stands between may take the other (RFC 9112 § 3.2). */
export function requireOneHost({ raw }: FastifyRequest): void {
  const names = raw.rawHeaders.filter((_, at) => at % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'host').length < 2) return;
  throw new BranchlineError('USAGE', 'the request names two hosts');
}

/** A form that is sent so slowly only holds a connection: it is cut. */
export function requireQuickBody({ raw }: FastifyRequest, limits: ManagerLimits): void {
  if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined)
    return;
  const late = setTimeout(() => raw.destroy(), limits.strangersBodyMs);
  const inTime = (): void => {
    clearTimeout(late);
  };
  raw.once('end', inTime);
  raw.once('close', inTime);
}

const parserAnswers: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function hangUp(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const lines = Object.entries(managerHeaders).map(([name, value]) => `${name}: ${value}`);
  const status = parserAnswers[error.code ?? ''] ?? '400 Bad Request';
  socket.end(
    [`HTTP/1.1 ${status}`, ...lines, 'connection: close', 'content-length: 0', '', ''].join('\r\n'),
  );
  socket.destroySoon();
}
