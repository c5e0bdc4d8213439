import { BranchlineError } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { HubClient } from '#libs/link';
import { peerHubFolder } from './branch-part.ts';
import { renewedClient } from './renewed-client.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** The link to the other server of a pair. */
export interface PeerLink {
  /** @throws BranchlineError PEER_UNREACHABLE when this server has not joined the other one. */
  client(): HubClient;
  readonly services: readonly Service[];
}

export async function openPeerLink(plan: ServerPlan, runtime: Runtime): Promise<PeerLink> {
  const identities = peerHubFolder(plan.folders);
  const saved = await identities.load();
  if (saved === undefined) return { client: notJoined, services: [] };
  const { client, services } = renewedClient({
    ...{ identities, saved, runtime },
    proxy: plan.branch?.proxy,
    peer: 'peer-hub',
  });
  return { client: () => client, services };
}

function notJoined(): never {
  throw new BranchlineError(
    'PEER_UNREACHABLE',
    'this hub has not joined the other one: `branchline hub invite NAME` there, then `branchline join STRING --peer-hub NAME` here',
  );
}
