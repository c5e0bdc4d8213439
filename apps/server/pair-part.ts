import type { HubPair } from '#libs/journal';
import type { Service } from '#libs/lifecycle';
import { bytes } from '#libs/pages';
import { CopyFromPeer, ReconcileLedgers, type CopyFromPeerOptions, type Intake } from '#libs/sync';
import type { PeerLink } from './peer-link.ts';
import { peerHoldings } from './relay-status.ts';
import type { Runtime } from './runtime.ts';
import type { HubPlan, ServerPlan } from './server-plan.ts';

export interface PairingOptions {
  readonly plan: ServerPlan;
  readonly pairPlan: NonNullable<HubPlan['pair']>;
  readonly link: PeerLink;
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

export function openPairing(options: PairingOptions): Pairing {
  const { pairPlan, link, pair, runtime, onOurs } = options;
  const { clock, refused } = runtime;
  const log = runtime.log.child({ service: 'hub pair' });
  const copies = openCopies(options);
  const reconcile = new ReconcileLedgers({
    pair,
    read: async (since, signal) => await link.client().ledger(since, signal),
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
    services: [reconcile, ...copies],
    wake: () => {
      reconcile.wake();
    },
  };
}

function openCopies({
  plan,
  pairPlan,
  link,
  intake,
  shelves,
  runtime,
}: PairingOptions): CopyFromPeer[] {
  const { refused, journal } = runtime;
  const shared = {
    holdings: peerHoldings(plan, journal),
    read: (identity, request) => link.client().ledgerFile(identity, request),
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
