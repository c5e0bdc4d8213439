import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { BranchlineError, systemCode } from '#libs/errors';
import { bodyDeadline } from '#libs/link';
import type { Logger } from '#libs/observe';
import { asRequestError, problemOf } from './problem.ts';
import { securityHeaders } from './web-manners.ts';

export interface StatusAppOptions {
  readonly log: Logger;
  /** True for requests whose body may take its time; none unless told. */
  readonly takesLong?: (request: FastifyRequest) => boolean;
  /** What else is to be done about a refusal, before it is answered. */
  readonly onRefused?: (
    error: BranchlineError,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => void;
}

const limits = {
  bodyBytes: 4_096,
  headerBytes: 16_384,
  connections: 256,
  headersMs: 5_000,
  requestMs: 10_000,
  /** Longer than the heartbeat of the events. */
  idleMs: 30_000,
} as const;

/** A bounded web server for a page that people look at and JSON that programs read; its refusals are problem details. */
export function statusApp({
  log,
  takesLong = () => false,
  onRefused,
}: StatusAppOptions): FastifyInstance {
  const refuse = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asRequestError(thrown);
    const facts = { client: request.ip, method: request.method, code: error.code };
    if (error.meaning.fault === 'ours') log.error({ ...facts, err: error }, 'request failed');
    else log.debug(facts, 'request refused');
    onRefused?.(error, request, reply);
    const problem = problemOf(error);
    void reply
      .headers({ ...securityHeaders, 'cache-control': 'no-store' })
      .code(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problem));
  };
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: limits.bodyBytes,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: limits.headersMs,
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: limits.headerBytes,
    },
    frameworkErrors: refuse,
  });
  app.server.maxConnections = limits.connections;
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ ...securityHeaders, 'cache-control': 'no-store' });
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request) => {
    throw new BranchlineError('NOT_FOUND', `nothing answers ${request.method} to this address`);
  });
  // A command has no body; what comes nevertheless is read up to the limit and not looked at.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => {
    done(null);
  });
  bodyDeadline(app, { ms: limits.requestMs, code: 'USAGE', exempt: takesLong });
  return app;
}

/** Open its port. @throws BranchlineError LISTEN_FAILED; then it is closed. */
export async function openStatusPort(
  app: FastifyInstance,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
  try {
    await app.listen({ host: address, port, backlog: 511 });
  } catch (cause) {
    await app.close();
    throw listenFailure(address, port, cause);
  }
}

function listenFailure(address: string, port: number, cause: unknown): BranchlineError {
  const reason = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  const remedy =
    reason === 'EADDRINUSE'
      ? 'is in use: stop the other program or set another StatusPort'
      : `cannot be opened (${reason}): set another StatusPort or BindAddress`;
  return new BranchlineError('LISTEN_FAILED', `status port ${port} on ${address} ${remedy}`, {
    cause,
  });
}
