import { BranchlineError } from '#libs/errors';
import { fleetPage, type Fleet, type FleetBranch } from '#libs/pages';
import { fakeBranch } from './fake-status.ts';

/** A branch of a fleet for which all is well, but for what the test says. */
export function fakeFleetBranch(name: string, change: Partial<FleetBranch> = {}): FleetBranch {
  return {
    ...fakeBranch(name),
    joinedAt: '2026-01-01T08:00:00.000Z',
    invitedUntil: null,
    behind: 0,
    behindSince: null,
    pull: null,
    lacking: null,
    ...change,
  };
}

const nobody = (name: string): Promise<never> =>
  Promise.reject(new BranchlineError('BRANCH_UNKNOWN', `no branch is called ${name}`));

/** A hub without a branch. */
export const emptyFleet: Fleet = {
  list: (query) =>
    Promise.resolve({
      at: '2026-11-21T16:12:00.000Z',
      hub: { release: 0, files: 0, bytes: 0, version: '1.4.0' },
      ...fleetPage([], query),
    }),
  member: nobody,
  call: nobody,
};
