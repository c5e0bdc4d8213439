import type { Differing } from '#libs/journal';

/** What becomes of a file of which the other server says something else. */
export type MirrorDecision =
  /** Have the other's bytes; ours stay as a version. */
  | 'take'
  /** Ours are right; the other one takes them. */
  | 'stay'
  /** Both have changed it, and ours are later: theirs are kept as a version. */
  | 'keep theirs'
  /** Remove ours, which stay as a version. */
  | 'remove';

/** What is told of both, and the bytes on which they agreed last (docs/adr/021-mirror.md). */
export function decideMirror({ gone, sha256, modifiedMs, own }: MirrorQuestion): MirrorDecision {
  if (own?.state !== 'here') {
    // What was removed here, and is there as both knew it, is to go there as well.
    if (gone || (own?.state === 'gone' && own.agreed === sha256)) return 'stay';
    return 'take';
  }
  const oursUnchanged = own.agreed === own.sha256;
  if (gone) return oursUnchanged ? 'remove' : 'stay';
  if (own.sha256 === sha256) return 'stay';
  if (oursUnchanged) return 'take';
  if (own.agreed === sha256) return 'stay';
  // Both have changed it. The clocks choose; where they do not, both sides must choose alike.
  const ours = Math.trunc(own.modifiedMs);
  const theirsIsLater = modifiedMs === ours ? sha256 > own.sha256 : modifiedMs > ours;
  return theirsIsLater ? 'take' : 'keep theirs';
}

export type MirrorQuestion = Pick<Differing, 'gone' | 'sha256' | 'modifiedMs' | 'own'>;
