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

/** What is told of both, and which changes it comes from (docs/adr/021-mirror.md). Both servers decide alike. */
export function decideMirror(question: MirrorQuestion): MirrorDecision {
  const { gone, sha256, modifiedMs, own } = question;
  if (own === undefined || own.state === 'left') return gone ? 'stay' : 'take';
  const ownGone = own.state === 'gone';
  const same = ownGone === gone && (gone || own.sha256 === sha256);
  // Ours was made in the knowledge of theirs.
  if (same || own.theirs >= question.theirs) return 'stay';
  // Theirs in the knowledge of ours.
  if (question.mine >= own.mine) return gone ? 'remove' : 'take';
  // Neither knew of the other: what was changed wins against what was removed.
  if (gone) return 'stay';
  if (ownGone) return 'take';
  // Both have changed it. The clocks choose; where they do not, both sides must choose alike.
  const ours = Math.trunc(own.modifiedMs);
  const theirsIsLater = modifiedMs === ours ? sha256 > own.sha256 : modifiedMs > ours;
  return theirsIsLater ? 'take' : 'keep theirs';
}

export type MirrorQuestion = Pick<
  Differing,
  'gone' | 'sha256' | 'modifiedMs' | 'mine' | 'theirs' | 'own'
>;
