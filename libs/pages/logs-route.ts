import type { FastifyInstance } from 'fastify';
import type { LogPage, LogQuestion } from '#libs/observe';
import { requireToken } from './api-token.ts';
import { logRoutes, type LogQuery } from './logs-api.ts';
import { registered, sendText } from './send.ts';

/** Says what the log has said. */
export type LogAsker = (question: LogQuestion) => LogPage;

const usualLines = 200;

/** Secured: names of people and telephones stand in a log. */
export function logsRoute(
  app: FastifyInstance,
  { apiToken, logs }: { readonly apiToken: string | undefined; readonly logs: LogAsker },
): void {
  app.route<{ Querystring: LogQuery }>({
    ...registered(logRoutes.logs),
    onRequest: (request, _reply, done) => {
      requireToken(apiToken, request.headers.authorization);
      done();
    },
    handler: async (request, reply) => {
      const page = logs({ limit: usualLines, ...request.query });
      const body = JSON.stringify(page);
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });
}
