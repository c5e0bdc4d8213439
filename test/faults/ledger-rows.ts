import path from 'node:path';
import { Journal } from '#libs/journal';
import type { Place } from './world.ts';

/** A row of a hub's ledger, read as an auditor would: from the database, not through the server. */
export interface LedgerRow {
  readonly branch: string;
  readonly kind: string;
  readonly name: string;
  readonly sha256: string;
  readonly storedAs: string;
  readonly delivered: boolean;
}

/** Everything that has ever come and was not purged, in the order of arrival. The hub does not run. */
export function ledgerRows({ plan }: Pick<Place, 'plan'>): LedgerRow[] {
  const journal = new Journal(path.join(plan.folders.state, 'branchline.db'));
  try {
    return journal.rows(
      'select * from received where purged_at is null order by id',
      [],
      (row) => ({
        branch: String(row['branch']),
        kind: String(row['kind']),
        name: String(row['name']),
        sha256: String(row['sha256']),
        storedAs: String(row['stored_as']),
        delivered: row['delivered_at'] !== null,
      }),
    );
  } finally {
    journal.close();
  }
}
