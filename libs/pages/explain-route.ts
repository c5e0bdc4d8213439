import type { FastifyInstance } from 'fastify';
import type { ExplainableServer, Explanation } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { requireToken } from './api-token.ts';
import { routes } from './routes.ts';
import { registered, sendText } from './send.ts';

/** The question of an address on the status port, as text. */
export interface ExplainQuery {
  readonly ip: string;
  readonly file: string;
  readonly server?: ExplainableServer;
  readonly mac?: string;
  readonly model?: string;
  readonly group?: string;
  readonly variable?: readonly string[];
}

/** Says what a telephone would get. @throws BranchlineError USAGE. */
export type Explainer = (query: ExplainQuery) => Promise<Explanation>;

/** Each reads files to their end: more at a time would take the disk from the telephones. */
const atOnce = 2;

/** Secured, as scripts hold passwords: whoever may ask sees them. */
export function explainRoute(
  app: FastifyInstance,
  { apiToken, explain }: { readonly apiToken: string | undefined; readonly explain: Explainer },
): void {
  let running = 0;
  app.route<{ Querystring: ExplainQuery }>({
    ...registered(routes.explain),
    onRequest: (request, _reply, done) => {
      requireToken(apiToken, request.headers.authorization);
      done();
    },
    handler: async (request, reply) => {
      if (running >= atOnce) {
        throw new BranchlineError('PEER_BUSY', `${atOnce} explanations are being made: ask again`);
      }
      running += 1;
      try {
        const body = JSON.stringify(await explain(request.query));
        return await sendText(request, reply, body, 'application/json; charset=utf-8');
      } finally {
        running -= 1;
      }
    },
  });
}
