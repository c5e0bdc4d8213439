import type { RelayStatus } from '#libs/pages';
import { minutesAgo } from './fake-status.ts';

type From = RelayStatus['incoming'][number];

const from = (change: Partial<From>): From => ({
  ...{ branch: 'lisbon', kind: 'cdr', files: 312, bytes: 41_200_000, waiting: 0 },
  ...{ oldestWaitingAt: null, delivered: 9_120, damaged: 0, conflicts: 0, missing: false },
  lastReceivedAt: minutesAgo(14),
  ...change,
});

/** A hub with all that may be wrong. */
export const hubRelay = (): RelayStatus => ({
  copies: null,
  outgoing: [],
  incomingTotal: 6,
  incoming: [
    from({ branch: 'zagreb', damaged: 1, waiting: 1, oldestWaitingAt: minutesAgo(400) }),
    from({ branch: 'porto', kind: 'bcms', missing: true, lastReceivedAt: minutesAgo(60 * 31) }),
    from({ branch: 'porto', waiting: 48, oldestWaitingAt: minutesAgo(6) }),
    from({ conflicts: 2 }),
    from({ kind: 'backup', files: 1_840, bytes: 7_500_000, delivered: 0 }),
    from({ branch: 'zagreb', kind: 'backup', files: 320, bytes: 1_300_000, delivered: 0 }),
  ],
});

/** A branch whose call records do not get away. */
export const branchRelay = (): RelayStatus => ({
  copies: null,
  incomingTotal: 0,
  incoming: [],
  outgoing: [
    {
      ...{ kind: 'backup', files: 1_840, bytes: 7_500_000, waiting: 0, waitingBytes: 0 },
      ...{ oldestWaitingAt: null, overdue: false, lastError: null },
      acknowledged: [
        { hub: 'primary', address: 'hub.example:4411', files: 1_840, lastAt: minutesAgo(14) },
        { hub: 'secondary', address: 'spare.example:4411', files: 0, lastAt: null },
      ],
    },
    {
      ...{ kind: 'cdr', files: 214, bytes: 38_000_000, waiting: 96, waitingBytes: 17_000_000 },
      ...{ oldestWaitingAt: minutesAgo(60 * 24 * 8), overdue: true },
      lastError: { code: 'PEER_FULL', sentence: 'no room for it on the disk', at: minutesAgo(14) },
      acknowledged: [
        {
          ...{ hub: 'primary', address: 'hub.example:4411', files: 9_120 },
          lastAt: minutesAgo(60 * 24 * 8),
        },
        { hub: 'secondary', address: 'spare.example:4411', files: 0, lastAt: null },
      ],
    },
  ],
});
