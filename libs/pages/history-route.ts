import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { HistoryAnswer, HistoryQuestion, HistorySeries, HistoryStep } from '#libs/history';
import { historyRoutes } from './history-api.ts';
import { registered, sendText } from './send.ts';

/** Says how it was. @throws BranchlineError USAGE. */
export type HistoryAsker = (question: HistoryQuestion) => HistoryAnswer;

interface HistoryQuery {
  readonly series: HistorySeries;
  readonly from?: string;
  readonly to?: string;
  readonly step?: HistoryStep;
}

/** Open like the status: counts and versions, nobody's name. */
export function historyRoute(app: FastifyInstance, ask: HistoryAsker): void {
  app.route<{ Querystring: HistoryQuery }>({
    ...registered(historyRoutes.history),
    handler: async (request, reply) => {
      const { series, step, from, to } = request.query;
      const answer = ask({ series, step, from: moment('from', from), to: moment('to', to) });
      return await sendText(
        request,
        reply,
        JSON.stringify(answer),
        'application/json; charset=utf-8',
      );
    },
  });
}

function moment(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new BranchlineError('USAGE', `${name} is not a date and time such as 2026-11-26T12:00:00Z`);
}
