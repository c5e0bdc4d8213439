import { BranchlineError } from '#libs/errors';
import { safeName } from '#libs/files';

/** One file of the signed set. */
export interface ReleaseTarget {
  /** Its name in the Updates folder, with `/` between parts. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** When the hub first offered these bytes, Unix milliseconds. */
  readonly published: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** @throws BranchlineError NAME_MALFORMED, PATH_OUTSIDE_TREE (its name) or INTERNAL (a caller's mistake). */
export function requireTarget(target: ReleaseTarget): void {
  if (safeName(target.name) !== target.name) {
    throw new BranchlineError(
      'NAME_MALFORMED',
      `${JSON.stringify(target.name)} is not a name that a release can carry: rename the file`,
    );
  }
  if (!SHA256.test(target.sha256) || !isCount(target.size) || !isCount(target.published)) {
    throw new BranchlineError('INTERNAL', `${target.name} has no usable size, digest or date`);
  }
}

/** A whole number that JSON carries without loss, zero included. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
