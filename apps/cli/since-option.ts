import { BranchlineError } from '#libs/errors';

/** `--since DATE` in Unix milliseconds; from the beginning when it is not given. @throws BranchlineError USAGE. */
export function sinceOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new BranchlineError('USAGE', `--since needs a date such as 2026-11-26, not "${text}"`);
}
