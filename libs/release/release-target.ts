import { setImmediate as breathe } from 'node:timers/promises';
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

/** Looked at in one go before others get their turn. */
const SLICE = 1_000;

/**
 * The targets by name, checked.
 * @throws BranchlineError as `requireTarget`; INTERNAL when two have one name.
 */
export async function inOrder(targets: readonly ReleaseTarget[]): Promise<ReleaseTarget[]> {
  const sorted = targets.toSorted(byName);
  for (const [at, target] of sorted.entries()) {
    requireTarget(target);
    if (sorted[at - 1]?.name === target.name) {
      throw new BranchlineError('INTERNAL', `${target.name} is twice in one release`);
    }
    if (at % SLICE === SLICE - 1) await breathe();
  }
  return sorted;
}

/** True when two lists, both by name, are the same. */
export function sameTargets(a: readonly ReleaseTarget[], b: readonly ReleaseTarget[]): boolean {
  return a.length === b.length && a.every((target, at) => same(target, b[at]));
}

function same(a: ReleaseTarget, b: ReleaseTarget | undefined): boolean {
  return (
    a.name === b?.name && a.sha256 === b.sha256 && a.size === b.size && a.published === b.published
  );
}

/** By UTF-16 code units, whatever the locale. */
function byName(a: ReleaseTarget, b: ReleaseTarget): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
