import type { FastifyInstance } from 'fastify';
import type { Health, Logger, Metrics } from '#libs/observe';
import { gaugeStatus } from './status-gauges.ts';
import { routes } from './routes.ts';
import { registered, sendText } from './send.ts';
import type { StatusSource } from './status.ts';

export interface HealthRoutesOptions {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly status: StatusSource;
  readonly log: Logger;
}

/** What watchdogs, balancers and Prometheus ask. */
export function healthRoutes(app: FastifyInstance, options: HealthRoutesOptions): void {
  const { health, metrics, status, log } = options;

  app.route({
    ...registered(routes.healthz),
    handler: () => ({ status: 'ok', uptimeS: Math.floor(process.uptime()) }),
  });

  app.route({
    ...registered(routes.readyz),
    handler: async (_request, reply) => {
      const { ready, reasons } = health.ready();
      const parts = health.report().map(({ part, state, since, code, detail }) => ({
        part,
        state,
        since: new Date(since).toISOString(),
        ...(code !== undefined && { code }),
        detail,
      }));
      return await reply.code(ready ? 200 : 503).send({ ready, reasons, parts });
    },
  });

  app.route({
    ...registered(routes.metrics),
    handler: async (request, reply) => {
      try {
        gaugeStatus(await status.status(), metrics);
      } catch (error) {
        // Counters still tell the truth when the status cannot be had.
        log.error({ err: error }, 'gauges not renewed');
      }
      return await sendText(request, reply, await metrics.text(), metrics.contentType);
    },
  });
}
