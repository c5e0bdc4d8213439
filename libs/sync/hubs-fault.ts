import type { BranchlineError } from '#libs/errors';

/** True when a failure lies at one hub or on the way to it, not on our own disk: another hub may do better. */
export function isHubsFault({ meaning }: BranchlineError): boolean {
  return meaning.fault === 'peer' || meaning.exit === 12;
}
