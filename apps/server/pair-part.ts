import { BranchlineError } from '#libs/errors';
import type { HubPair, LedgerPage } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { ReconcileLedgers } from '#libs/sync';
import { peerHubFolder } from './branch-part.ts';
import { renewedClient } from './renewed-client.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, ServerPlan } from './server-plan.ts';

export interface PairingOptions {
  readonly plan: ServerPlan;
  readonly pairPlan: NonNullable<HubPlan['pair']>;
  readonly pair: HubPair;
  readonly runtime: Runtime;
  readonly onOurs: () => void;
}

/** A hub's look at the other hub of its pair. */
export interface Pairing {
  readonly services: readonly Service[];
  /** A record has come. */
  wake(): void;
}

export async function openPairing(options: PairingOptions): Promise<Pairing> {
  const { plan, pairPlan, pair, runtime, onOurs } = options;
  const { clock, refused } = runtime;
  const log = runtime.log.child({ service: 'hub pair' });
  const link = await openLink(plan, runtime);
  const reconcile = new ReconcileLedgers({
    pair,
    read: link.read,
    everyMs: pairPlan.everyMs,
    clock,
    log,
    onOurs,
    onAway: (waiting, { message }) => {
      refused(
        'RECORDS_WAIT_FOR_HUB',
        `${waiting} call records are not delivered before the other hub has said whether it has them: ${message}`,
      );
    },
  });
  return {
    services: [...link.services, reconcile],
    wake: () => {
      reconcile.wake();
    },
  };
}

interface PeerLink {
  readonly read: (since: number, signal: AbortSignal) => Promise<LedgerPage>;
  readonly services: readonly Service[];
}

async function openLink(plan: ServerPlan, runtime: Runtime): Promise<PeerLink> {
  const identities = peerHubFolder(plan.folders);
  const saved = await identities.load();
  if (saved === undefined) {
    const error = new BranchlineError(
      'PEER_UNREACHABLE',
      'this hub has not joined the other one: `branchline hub invite NAME` there, then `branchline join STRING --peer-hub NAME` here',
    );
    return { read: () => Promise.reject(error), services: [] };
  }
  const { client, services } = renewedClient({
    ...{ identities, saved, runtime },
    proxy: plan.branch?.proxy,
    peer: 'peer-hub',
  });
  return { read: (since, signal) => client.ledger(since, signal), services };
}
