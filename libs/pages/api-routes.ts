import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { Logger, SyncJob } from '#libs/observe';
import { requireToken } from './api-token.ts';
import type { EventFeed } from './event-feed.ts';
import { openapi } from './openapi.ts';
import { routes } from './routes.ts';
import { registered, sendStatus } from './send.ts';
import type { StatusSource } from './status.ts';
import { runAnswer, type SyncControl } from './sync-control.ts';

export interface ApiRoutesOptions {
  readonly apiToken: string | undefined;
  readonly sync: SyncControl | undefined;
  readonly status: StatusSource;
  readonly feed: EventFeed;
  readonly log: Logger;
}

/** What programs ask and command. */
export function apiRoutes(app: FastifyInstance, options: ApiRoutesOptions): void {
  const { apiToken, sync, status, feed, log } = options;

  app.route({
    ...registered(routes.status),
    handler: async (request, reply) => await sendStatus(request, reply, await status.status()),
  });

  app.route<{ Querystring: { what?: SyncJob } }>({
    ...registered(routes.startSync),
    // Before the body is read: who may not command is not listened to.
    onRequest: (request, _reply, done) => {
      requireToken(apiToken, request.headers.authorization);
      done();
    },
    handler: async (request, reply) => {
      const run = control(sync).start(request.query.what ?? 'all');
      log.info({ run: run.id, what: run.what, client: request.ip }, 'sync asked for');
      reply.header('location', `/api/v1/sync/${encodeURIComponent(run.id)}`);
      return await reply.code(202).send(runAnswer(run));
    },
  });

  app.route<{ Params: { run: string } }>({
    ...registered(routes.run),
    handler: (request) => {
      const run = control(sync).run(request.params.run);
      if (run === undefined) throw new BranchlineError('NOT_FOUND', 'no such run is known here');
      return runAnswer(run);
    },
  });

  app.route<{ Headers: { 'last-event-id'?: string } }>({
    ...registered(routes.events),
    exposeHeadRoute: false,
    handler: (request, reply) => {
      feed.check();
      reply.hijack();
      feed.open(reply.raw, request.headers['last-event-id']);
    },
  });

  const description = openapi();
  app.route({ ...registered(routes.openapi), handler: () => description });
}

function control(sync: SyncControl | undefined): SyncControl {
  if (sync) return sync;
  throw new BranchlineError('NOT_FOUND', 'this server has no hub to sync with: it is not a branch');
}
