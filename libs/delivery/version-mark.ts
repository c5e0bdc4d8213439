import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** What tells two versions of the file at one path apart. */
export interface VersionMark {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  /** Catches an overwriting that set the old modification time back. */
  readonly ctimeNs: bigint;
}

export function markOf(stats: BigIntStats): VersionMark {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return { dev, ino, size, mtimeNs, ctimeNs };
}

export function isSameVersion(one: VersionMark, other: VersionMark): boolean {
  return (
    one.ctimeNs === other.ctimeNs &&
    one.mtimeNs === other.mtimeNs &&
    one.size === other.size &&
    one.ino === other.ino &&
    one.dev === other.dev
  );
}

/** The same for two marks only if they are of the same version. */
export function versionKey({ dev, ino, size, mtimeNs, ctimeNs }: VersionMark): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** A strong entity tag (RFC 9110 § 8.8.3), quoted and short: phones show it on their display. */
export function etagOf(mark: VersionMark): string {
  return `"${createHash('sha256').update(versionKey(mark)).digest('hex').slice(0, 16)}"`;
}

/**
 * Coarse file clocks tick every few milliseconds: a file that was written less than this before it was read may be
 * written again without its mark changing, so what was read of it is not yet to be relied upon.
 */
const settledAfterMs = 100;

/** True when a later change of the file is sure to change its mark. `readAt` in Unix milliseconds. */
export function isSettled(mark: VersionMark, readAt: number): boolean {
  const written = mark.ctimeNs > mark.mtimeNs ? mark.ctimeNs : mark.mtimeNs;
  return readAt - Number(written / 1_000_000n) > settledAfterMs;
}
