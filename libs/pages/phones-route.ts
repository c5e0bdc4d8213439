import type { FastifyInstance } from 'fastify';
import type { PhoneLister } from './known-phones.ts';
import { routes } from './routes.ts';
import { registered, sendText } from './send.ts';

const usualPage = 50;

/** Open like the status: it tells no more than the page does of each transfer, and no secret. */
export function phonesRoute(app: FastifyInstance, list: PhoneLister): void {
  app.route<{ Querystring: { limit?: number; offset?: number } }>({
    ...registered(routes.phones),
    handler: async (request, reply) => {
      const { limit = usualPage, offset = 0 } = request.query;
      const body = JSON.stringify(list({ limit, offset }));
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });
}
