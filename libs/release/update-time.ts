import { BranchlineError } from '#libs/errors';
import { refusal } from './refusal.ts';

/** Clocks this far apart are nobody's fault: a request takes its time. */
const TOLERATED_MS = 10 * 60_000;
const HOUR = 3_600_000;

/** The one point in time by which a refresh judges every expiry (TUF 1.0.34 § 5.1), and what the hub's clock said. */
export interface UpdateTime {
  /** Unix milliseconds. */
  readonly start: number;
  /** The hub's clock at that moment, where it is known. It excuses nothing: it only helps to say what is wrong. */
  readonly hub: number | undefined;
}

/**
 * A signature counts until its expiry: later, somebody may be keeping newer files from us.
 * @throws BranchlineError CLOCK_WRONG when by the hub's clock it had not expired; RELEASE_FROZEN.
 */
export function requireFresh(expires: string, time: UpdateTime, where: string): void {
  const end = Date.parse(expires);
  if (time.start < end) return;
  const own = new Date(time.start).toISOString();
  const apart = time.hub === undefined ? 0 : time.start - time.hub;
  if (time.hub !== undefined && Math.abs(apart) > TOLERATED_MS && time.start - apart < end) {
    throw new BranchlineError(
      'CLOCK_WRONG',
      `this server's clock (${own}) is ${inWords(apart)} ahead of the hub's, and by it ${where} expired on ${expires}: correct the clock that is wrong`,
    );
  }
  throw refusal(
    'RELEASE_FROZEN',
    where,
    `expired on ${expires}, and this server's clock says ${own}`,
  );
}

function inWords(milliseconds: number): string {
  const hours = Math.round(milliseconds / HOUR);
  return hours >= 1 ? `${hours} h` : `${Math.round(milliseconds / 60_000)} min`;
}
