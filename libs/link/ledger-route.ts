import type { Server } from 'node:https';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { HubPair } from '#libs/journal';
import { maxLedgerRows } from './shapes.ts';

/** What is told to the other hub of a pair, and who that is. */
export interface ToldLedger {
  /** The name under which it joined this hub. */
  readonly peer: string;
  readonly pair: Pick<HubPair, 'page'>;
}

export interface LedgerRouteOptions {
  readonly ledger: ToldLedger;
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => Promise<{ name: string }>;
}

/** GET /v1/ledger: which records are here, for the other hub alone (docs/protocol.md § 10). */
export function ledgerRoute(
  http: FastifyInstance<Server>,
  { ledger: { peer, pair }, admit }: LedgerRouteOptions,
): void {
  http.get<{ Querystring: { since?: string } }>('/v1/ledger', async (request, reply) => {
    const { name } = await admit(request, reply);
    if (name !== peer) {
      throw new BranchlineError(
        'CERTIFICATE_STRANGE',
        `the ledger is for the other hub of the pair, and ${name} is not: see PeerName at this hub`,
      );
    }
    const { since } = request.query;
    if (since === undefined || !/^\d{1,15}$/.test(since)) {
      throw new BranchlineError('LINK_REQUEST_INVALID', 'since is not the number of a change');
    }
    return pair.page(Number(since), maxLedgerRows);
  });
}
