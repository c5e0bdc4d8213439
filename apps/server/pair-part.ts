import { BranchlineError } from '#libs/errors';
import type { HubPair, LedgerPage } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { bytes } from '#libs/pages';
import { CopyFromPeer, ReconcileLedgers, type CopyFromPeerOptions, type Intake } from '#libs/sync';
import { peerHubFolder } from './branch-part.ts';
import { peerHoldings } from './relay-status.ts';
import { renewedClient } from './renewed-client.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, ServerPlan } from './server-plan.ts';

export interface PairingOptions {
  readonly plan: ServerPlan;
  readonly pairPlan: NonNullable<HubPlan['pair']>;
  readonly pair: HubPair;
  readonly runtime: Runtime;
  readonly onOurs: () => void;
  /** Takes copies; asked once the hub takes what comes up. */
  readonly intake: () => Pick<Intake, 'take'>;
  readonly shelves: CopyFromPeerOptions['shelves'];
}

/** How often what could not be copied is tried again, in milliseconds. */
const copyAgainMs = 30_000;

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
  const copies = openCopies(options, link);
  const reconcile = new ReconcileLedgers({
    pair,
    read: link.read,
    everyMs: pairPlan.everyMs,
    clock,
    log,
    onOurs,
    onRead: () => {
      for (const copying of copies) copying.wake();
    },
    onAway: (waiting, { message }) => {
      refused(
        'RECORDS_WAIT_FOR_HUB',
        `${waiting} call records are not delivered before the other hub has said whether it has them: ${message}`,
      );
    },
  });
  return {
    services: [...link.services, reconcile, ...copies],
    wake: () => {
      reconcile.wake();
    },
  };
}

function openCopies(
  { plan, pairPlan, intake, shelves, runtime }: PairingOptions,
  { readFile }: PeerLink,
): CopyFromPeer[] {
  const { refused, journal } = runtime;
  const shared = {
    holdings: peerHoldings(plan, journal),
    read: readFile,
    intake: { take: (...words) => intake().take(...words) },
    shelves,
    reserveBytes: plan.publishing.reserveBytes,
    retryMs: copyAgainMs,
    log: runtime.log.child({ service: 'hub pair' }),
    onBehind: (total, { message }) => {
      refused(
        'COPIES_BEHIND',
        `${total.files} files (${bytes(total.bytes)}) of ${pairPlan.peer} are not here yet: ${message}`,
      );
    },
    onUnusable: ({ branch, kind, name }, { code, message }) => {
      refused(
        code,
        `the ${kind} file ${name} of ${branch} is not copied from ${pairPlan.peer}: ${message}`,
      );
    },
  } satisfies Omit<CopyFromPeerOptions, 'which'>;
  return [
    new CopyFromPeer({ ...shared, which: 'small' }),
    new CopyFromPeer({ ...shared, which: 'large' }),
  ];
}

interface PeerLink {
  readonly read: (since: number, signal: AbortSignal) => Promise<LedgerPage>;
  readonly readFile: CopyFromPeerOptions['read'];
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
    const fail = (): never => {
      throw error;
    };
    return { read: () => Promise.reject(error), readFile: fail, services: [] };
  }
  const { client, services } = renewedClient({
    ...{ identities, saved, runtime },
    proxy: plan.branch?.proxy,
    peer: 'peer-hub',
  });
  return {
    read: (since, signal) => client.ledger(since, signal),
    readFile: (identity, request) => client.ledgerFile(identity, request),
    services,
  };
}
