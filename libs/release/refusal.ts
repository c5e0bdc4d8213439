import { BranchlineError, type ErrorCode } from '#libs/errors';

const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  RELEASE_ROLLED_BACK:
    'the hub was restored from an old backup, and needs `branchline hub recover` there; or somebody replays old files',
  RELEASE_FROZEN:
    'see whether the hub still runs and signs, and compare the clocks of both servers',
  RELEASE_MIXED: 'the files on the way do not belong together: see whether something caches them',
  RELEASE_ENDLESS: 'this is no hub, or its Updates folder holds far too many files',
  RELEASE_UNSIGNED: 'nothing is taken from it: see who has access to the hub',
  RELEASE_STRANGE_KEY: 'nothing is taken from it: see who has access to the hub',
  RELEASE_MALFORMED: 'see whether the hub runs a newer version than this server',
};

/** A release is refused as a whole. `where` is the file, `why` what is wrong with it. */
export function refusal(
  code: ErrorCode,
  where: string,
  why: string,
  cause?: unknown,
): BranchlineError {
  const advice = ADVICE[code] ?? 'see the log of the hub';
  return new BranchlineError(code, `the release is refused, ${where} ${why}; ${advice}`, { cause });
}
