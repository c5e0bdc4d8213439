import { setImmediate as breathe } from 'node:timers/promises';
import type { ReleaseTarget } from './release-target.ts';

/**
 * Targets on their way between threads. Tens of thousands of small objects would hold the event loop while they are
 * cloned; four columns do not.
 */
export interface PackedTargets {
  /** Joined by line feeds, which no name has. */
  readonly names: string;
  /** 64 characters each. */
  readonly digests: string;
  readonly sizes: Float64Array;
  readonly published: Float64Array;
}

const SLICE = 4_096;

export function packTargets(targets: readonly ReleaseTarget[]): PackedTargets {
  return {
    names: targets.map(({ name }) => name).join('\n'),
    digests: targets.map(({ sha256 }) => sha256).join(''),
    sizes: Float64Array.from(targets, ({ size }) => size),
    published: Float64Array.from(targets, ({ published }) => published),
  };
}

/** In slices, with a turn for others in between. */
export async function unpackTargets(packed: PackedTargets): Promise<ReleaseTarget[]> {
  const count = packed.sizes.length;
  const names = count === 0 ? [] : packed.names.split('\n');
  const targets: ReleaseTarget[] = [];
  for (let at = 0; at < count; at += 1) {
    targets.push({
      name: names[at] ?? '',
      size: packed.sizes[at] ?? 0,
      sha256: packed.digests.slice(at * 64, at * 64 + 64),
      published: packed.published[at] ?? 0,
    });
    if (at % SLICE === SLICE - 1) await breathe();
  }
  return targets;
}
