import type { FastifyReply, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';

/** The branch behind a request, by its certificate; refuses all others. */
export type Admit = (request: FastifyRequest, reply: FastifyReply) => Promise<{ name: string }>;

/** Admits the other server of a pair alone, `peer`, to `what`. The result throws what `admit` does, and CERTIFICATE_STRANGE. */
export function admitPeer(
  admit: Admit,
  peer: string,
  what: string,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const { name } = await admit(request, reply);
    if (name === peer) return;
    throw new BranchlineError(
      'CERTIFICATE_STRANGE',
      `${what} is for the other server of the pair, and ${name} is not: see PeerName at this one`,
    );
  };
}
