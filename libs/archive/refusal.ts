import path from 'node:path';
import { BranchlineError, type ErrorCode } from '#libs/errors';

type RefusalCode = Extract<ErrorCode, `ARCHIVE_${string}`>;

const remedies: Partial<Record<RefusalCode, string>> = {
  ARCHIVE_UNREADABLE: 'fetch it again from its maker, it may be damaged',
  ARCHIVE_CRC_WRONG: 'fetch it again from its maker, it is damaged',
  ARCHIVE_LIMIT: 'split it into smaller archives',
  ARCHIVE_ENCRYPTED: 'pack it again without a password',
  ARCHIVE_METHOD_UNKNOWN: 'pack it again with the usual method, deflate',
};

/** The refusal of a whole archive: which one, which member, why, and what to do. */
export function refusal(
  code: RefusalCode,
  archive: string,
  member: string | undefined,
  why: string,
  options?: ErrorOptions,
): BranchlineError {
  const where = member === undefined ? '' : ` member ${quoted(member)}:`;
  const remedy = remedies[code] ?? 'pack it again with a current zip program';
  return new BranchlineError(
    code,
    `${path.basename(archive)} is refused as a whole:${where} ${why}; ${remedy}`,
    options,
  );
}

/** As JSON, so that what is invisible shows, and cut short, as strangers choose its length. */
const quoted = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
