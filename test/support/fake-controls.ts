import { BranchlineError } from '#libs/errors';
import type { ScanControl, UpdateControl } from '#libs/pages';

const nothing = (): Promise<never> =>
  Promise.reject(new BranchlineError('USAGE', 'no question was asked'));

/** Takes no decision about updates. */
export const noUpdates: UpdateControl = {
  list: nothing,
  upload: nothing,
  look: nothing,
  discard: nothing,
  publish: nothing,
  lookAtRollBack: nothing,
  rollBack: nothing,
  withdraw: nothing,
};

/** Knows of no scan, and begins none. */
export const noScans: ScanControl = {
  begin: nothing,
  cancel: () => undefined,
  find: () => undefined,
  recent: () => [],
  phones: () => ({ total: 0, offset: 0, phones: [] }),
  report: () => undefined,
};
