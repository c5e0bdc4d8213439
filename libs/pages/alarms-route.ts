import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AlarmDesk } from './alarm-desk.ts';
import { requireToken } from './api-token.ts';
import { routes } from './routes.ts';
import { registered, sendText } from './send.ts';

interface Options {
  readonly apiToken: string | undefined;
  readonly alarms: AlarmDesk;
}

/** Reading is open like the status, which says the same; whoever tests, mutes or unmutes shows the ApiToken. */
export function alarmsRoute(app: FastifyInstance, { apiToken, alarms }: Options): void {
  // Before the body is read: who may not command is not listened to.
  const onRequest = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    requireToken(apiToken, request.headers.authorization);
    done();
  };

  app.route({
    ...registered(routes.alarms),
    handler: async (request, reply) => {
      const body = JSON.stringify(alarms.alarms());
      return await sendText(request, reply, body, 'application/json; charset=utf-8');
    },
  });

  app.route<{ Querystring: { receiver?: string } }>({
    ...registered(routes.testAlarms),
    onRequest,
    handler: (request) => alarms.test(request.query.receiver),
  });

  app.route<{ Querystring: { alarm?: number; minutes: number; by?: string } }>({
    ...registered(routes.muteAlarms),
    onRequest,
    handler: ({ query: { alarm, minutes, by = 'operator' } }) =>
      alarms.mute({ alarm, minutes, by }),
  });

  app.route<{ Querystring: { mute: number; by?: string } }>({
    ...registered(routes.unmuteAlarms),
    onRequest,
    handler: ({ query: { mute, by = 'operator' } }) => alarms.unmute(mute, by),
  });
}
