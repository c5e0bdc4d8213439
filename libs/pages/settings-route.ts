import type { FastifyInstance } from 'fastify';
import { requireToken } from './api-token.ts';
import { registered, sendText } from './send.ts';
import { settingsRoutes, type ReadSettings } from './settings-api.ts';

/** Secured: where the settings lie is nobody's business. */
export function settingsRoute(
  app: FastifyInstance,
  {
    apiToken,
    settings,
  }: { readonly apiToken: string | undefined; readonly settings: ReadSettings },
): void {
  app.route({
    ...registered(settingsRoutes.settings),
    onRequest: (request, _reply, done) => {
      requireToken(apiToken, request.headers.authorization);
      done();
    },
    handler: async (request, reply) => {
      const body = JSON.stringify(settings);
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });
}
