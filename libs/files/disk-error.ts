import { BranchlineError, systemCode } from '#libs/errors';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Give a failed write its code: DISK_FULL for a full disk or quota, WRITE_FAILED for all else; ours stay as they are. */
export function asDiskError(thrown: unknown, path: string): BranchlineError {
  if (thrown instanceof BranchlineError) return thrown;
  if (FULL.has(systemCode(thrown) ?? '')) {
    return new BranchlineError(
      'DISK_FULL',
      `no space left for ${path}: free some on that disk, the work goes on by itself`,
      { cause: thrown },
    );
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new BranchlineError(
    'WRITE_FAILED',
    `cannot write ${path} (${reason}): check the folder, its owner and the disk`,
    { cause: thrown },
  );
}
