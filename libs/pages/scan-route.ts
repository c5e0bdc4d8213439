import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { Logger } from '#libs/observe';
import { requireToken } from './api-token.ts';
import { routes } from './routes.ts';
import type { ScanControl, ScannedShow, ScanReportFormat } from './scan-control.ts';
import { registered, sendText } from './send.ts';

export interface ScanRouteOptions {
  readonly apiToken: string | undefined;
  readonly scans: ScanControl;
  readonly log: Logger;
}

const usualScans = 20;
const usualPhones = 50;
const json = 'application/json; charset=utf-8';

/** Begin, follow and cancel scans, and read what they found. */
export function scanRoute(app: FastifyInstance, { apiToken, scans, log }: ScanRouteOptions): void {
  const onRequest = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    requireToken(apiToken, request.headers.authorization);
    done();
  };

  app.route<{ Querystring: { what: string; max?: number } }>({
    ...registered(routes.startScan),
    onRequest,
    handler: async (request, reply) => {
      const { what, max } = request.query;
      const scan = await scans.begin(what, max);
      log.info({ scan: scan.id, ranges: scan.ranges, client: request.ip }, 'scan asked for');
      reply.header('location', `/api/v1/scans/${encodeURIComponent(scan.id)}`);
      return await reply.code(202).send(scan);
    },
  });

  app.route<{ Querystring: { limit?: number } }>({
    ...registered(routes.scans),
    onRequest,
    handler: async (request, reply) => {
      const body = JSON.stringify({ scans: scans.recent(request.query.limit ?? usualScans) });
      return await sendText(request, reply, body, json);
    },
  });

  app.route<{ Params: { scan: string } }>({
    ...registered(routes.scan),
    onRequest,
    handler: (request) => found(scans.find(request.params.scan)),
  });

  app.route<{ Params: { scan: string } }>({
    ...registered(routes.cancelScan),
    onRequest,
    handler: async (request, reply) => {
      const scan = found(scans.cancel(request.params.scan));
      log.info({ scan: scan.id, client: request.ip }, 'scan cancelled');
      return await reply.code(202).send(scan);
    },
  });

  app.route<{
    Params: { scan: string };
    Querystring: { show?: ScannedShow; text?: string; limit?: number; offset?: number };
  }>({
    ...registered(routes.scanPhones),
    onRequest,
    handler: async (request, reply) => {
      const { show = 'all', text = '', limit = usualPhones, offset = 0 } = request.query;
      const { id } = found(scans.find(request.params.scan));
      const list = scans.phones(id, { show, text, limit, offset });
      return await sendText(request, reply, JSON.stringify(list), json);
    },
  });

  app.route<{ Params: { scan: string }; Querystring: { format: ScanReportFormat } }>({
    ...registered(routes.scanReport),
    onRequest,
    handler: async (request, reply) => {
      const { format } = request.query;
      const report = found(scans.report(request.params.scan, format));
      const { files } = found(scans.find(request.params.scan));
      return await reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : json)
        .header('content-disposition', `attachment; filename="${files ?? 'scan'}.${format}"`)
        .send(Readable.from(report));
    },
  });
}

function found<T>(scan: T | undefined): T {
  if (scan !== undefined) return scan;
  throw new BranchlineError('NOT_FOUND', 'no such scan is known here');
}
