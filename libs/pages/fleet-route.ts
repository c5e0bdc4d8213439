import type { FastifyInstance, FastifyRequest } from 'fastify';
import { requireToken } from './api-token.ts';
import { fleetApi } from './fleet-api.ts';
import type { BranchCalled, FleetAnswer, FleetMember, FleetQuery } from './fleet-schema.ts';
import { registered, sendText } from './send.ts';

/** What the status port of a hub can say about its branches. */
export interface Fleet {
  list(query: FleetQuery): Promise<FleetAnswer>;
  /** @throws BranchlineError BRANCH_UNKNOWN. */
  member(name: string): Promise<FleetMember>;
  /** Have one sync now. @throws BranchlineError BRANCH_UNKNOWN. */
  call(name: string): Promise<BranchCalled>;
}

export function fleetRoutes(
  app: FastifyInstance,
  { apiToken, fleet }: { readonly apiToken: string | undefined; readonly fleet: Fleet },
): void {
  const onRequest = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    requireToken(apiToken, request.headers.authorization);
    done();
  };
  const type = 'application/json; charset=utf-8';

  app.route<{ Querystring: FleetQuery }>({
    ...registered(fleetApi.branches),
    onRequest,
    handler: async (request, reply) => {
      const body = JSON.stringify(await fleet.list(request.query));
      return await sendText(request, reply, body, type);
    },
  });

  app.route<{ Params: { name: string } }>({
    ...registered(fleetApi.branch),
    onRequest,
    handler: async (request, reply) => {
      const body = JSON.stringify(await fleet.member(request.params.name));
      return await sendText(request, reply, body, type);
    },
  });

  app.route<{ Params: { name: string } }>({
    ...registered(fleetApi.callBranch),
    onRequest,
    handler: async (request, reply) =>
      await reply.code(202).send(await fleet.call(request.params.name)),
  });
}
