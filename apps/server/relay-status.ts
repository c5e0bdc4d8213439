import {
  OutgoingTable,
  PeerHoldings,
  uploadKinds,
  type Journal,
  type LedgerTotal,
  type UploadKind,
} from '#libs/journal';
import type { RelayStatus } from '#libs/pages';
import { iso } from './branch-view.ts';
import type { ServerPlan } from './server-plan.ts';

export interface RelaySources {
  readonly plan: ServerPlan;
  readonly journal: Journal;
  /** Of this hub's ledger; none elsewhere. */
  readonly totals: readonly LedgerTotal[];
  /** Unix milliseconds. */
  readonly now: number;
}

/** What goes up from here and what has come up to here, as the page, the API and `branchline relay status` show it. */
export async function relayStatus({
  plan,
  journal,
  totals,
  now,
}: RelaySources): Promise<RelayStatus> {
  return {
    copies: copies(plan, journal),
    outgoing: await outgoing(plan, new OutgoingTable(journal), now),
    incomingTotal: totals.length,
    incoming: incoming(plan, totals, now),
  };
}

/** Of the other hub, as far as this hub takes what it has. */
export const peerHoldings = ({ hub }: ServerPlan, journal: Journal): PeerHoldings =>
  new PeerHoldings(journal, ['backup', ...(hub?.takes ?? [])]);

function copies(plan: ServerPlan, journal: Journal): RelayStatus['copies'] {
  const pair = plan.hub?.pair;
  if (pair === undefined) return null;
  return { hub: pair.peer, ...peerHoldings(plan, journal).total() };
}

async function outgoing(
  { branch, retention }: ServerPlan,
  table: OutgoingTable,
  now: number,
): Promise<RelayStatus['outgoing']> {
  if (branch === undefined) return [];
  const peers = branch.peers.map(({ peer, host, port }) => ({
    hub: peer,
    address: `${host}:${port}`,
    ledger: table.ledgerOf(peer),
  }));
  const ledgers = peers.map(({ ledger }) => ledger).filter((ledger) => ledger !== undefined);
  const rows: RelayStatus['outgoing'] = [];
  for (const kind of uploadKinds) {
    if (!branch.sends[kind]) continue;
    const { oldestWaitingAt, ...total } = await table.total(kind, ledgers);
    const trouble = table.trouble(kind);
    rows.push({
      kind,
      ...total,
      oldestWaitingAt: iso(oldestWaitingAt),
      overdue:
        kind !== 'backup' &&
        oldestWaitingAt !== undefined &&
        oldestWaitingAt < now - retention.retainMs,
      acknowledged: peers.map(({ hub, address, ledger }) => {
        const { files, lastAt } =
          ledger === undefined
            ? { files: 0, lastAt: undefined }
            : table.acknowledgedBy(ledger, kind);
        return { hub, address, files, lastAt: iso(lastAt) };
      }),
      lastError:
        trouble === undefined
          ? null
          : { code: trouble.code, sentence: trouble.message, at: iso(trouble.at) },
    });
  }
  return rows;
}

/** Those first with which something is wrong: the list may be cut. */
function incoming(
  { retention }: ServerPlan,
  totals: readonly LedgerTotal[],
  now: number,
): RelayStatus['incoming'] {
  return totals
    .map(({ lastReceivedAt, oldestUndeliveredAt, undelivered, ...total }) => ({
      ...total,
      waiting: undelivered,
      oldestWaitingAt: iso(oldestUndeliveredAt),
      lastReceivedAt: new Date(lastReceivedAt).toISOString(),
      missing: isRecord(total.kind) && now - lastReceivedAt > retention.gapMs,
    }))
    .toSorted((a, b) => rank(b) - rank(a));
}

const isRecord = (kind: UploadKind): boolean => kind !== 'backup';

const rank = ({ damaged, missing, waiting }: RelayStatus['incoming'][number]): number =>
  damaged > 0 ? 3 : missing ? 2 : waiting > 0 ? 1 : 0;
