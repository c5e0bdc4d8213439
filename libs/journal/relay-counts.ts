import { integer, text, type Journal } from './journal.ts';
import type { UploadKind } from './ledger.ts';
import { decodeKind } from './sqlite-ledger.ts';
import { BranchlineError } from '#libs/errors';

/** sent: acknowledged by a hub; received: here on a hub's disk; delivered: handed to the collector. */
export const relayWays = ['sent', 'received', 'delivered'] as const;
export type RelayWay = (typeof relayWays)[number];

/** Files of one kind that went one way since this server was set up, and their bytes. */
export interface RelayCount {
  readonly kind: UploadKind;
  readonly way: RelayWay;
  readonly files: number;
  readonly bytes: number;
}

/** Counted by the database with each change, so that a restart forgets nothing and a purge takes nothing away. */
export function relayCounts(journal: Journal): RelayCount[] {
  return journal.rows('select * from relay_counts', [], (row) => ({
    kind: decodeKind(text(row, 'kind')),
    way: decodeWay(text(row, 'way')),
    files: integer(row, 'files'),
    bytes: integer(row, 'bytes'),
  }));
}

function decodeWay(value: string): RelayWay {
  const way = relayWays.find((known) => known === value);
  if (way !== undefined) return way;
  throw new BranchlineError('JOURNAL_UNUSABLE', `${value} is no way of the relay`);
}
