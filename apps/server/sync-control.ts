import { BranchlineError } from '#libs/errors';
import type { SyncControl } from '#libs/pages';
import type { SyncPart } from './sync-part.ts';

/** What the status port offers of the sync: start by hand, follow, ask. */
export const syncControl = ({ runs }: SyncPart): SyncControl => ({
  start: (what) => {
    if (what === 'all' || runs.has(what)) return runs.start(what, { byHand: true });
    throw new BranchlineError(
      'USAGE',
      `this server has no ${what} to sync; it syncs ${runs.jobs.join(', ')}`,
    );
  },
  run: (id) => runs.run(id),
  subscribe: (listener) => runs.subscribe(listener),
});
