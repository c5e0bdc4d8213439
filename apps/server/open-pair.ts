import { MirrorPart } from './mirror-part.ts';
import { openPeerLink, type PeerLink } from './peer-link.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** The other server of a pair, and what both hold alike; undefined as far as the settings name none. */
export async function openPair(
  plan: ServerPlan,
  runtime: Runtime,
): Promise<{ readonly peer: PeerLink | undefined; readonly mirror: MirrorPart | undefined }> {
  const pair = plan.hub?.pair;
  if (pair === undefined) return { peer: undefined, mirror: undefined };
  const peer = await openPeerLink(plan, runtime);
  const everyMs = pair.mirrorMs;
  if (everyMs === undefined) return { peer, mirror: undefined };
  return { peer, mirror: new MirrorPart({ plan, pair, everyMs, link: peer, runtime }) };
}
