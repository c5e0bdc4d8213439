import type { FleetState } from './fleet-schema.ts';
import type { Tone } from './pieces.ts';
import { duration } from './words.ts';

/** Each state of a branch as a word, a shape and a colour; the worst has the lowest rank. */
export const branchWords: Readonly<
  Record<FleetState, { readonly rank: number; readonly tone: Tone; readonly word: string }>
> = {
  error: { rank: 0, tone: 'failed', word: 'error' },
  overdue: { rank: 1, tone: 'failed', word: 'overdue' },
  'never-seen': { rank: 2, tone: 'warning', word: 'never seen' },
  pending: { rank: 3, tone: 'busy', word: 'pending' },
  invited: { rank: 4, tone: 'off', word: 'invited' },
  'in-sync': { rank: 5, tone: 'ok', word: 'in sync' },
  revoked: { rank: 6, tone: 'off', word: 'revoked' },
};

/** How far a clock is off; a second is what the way costs. */
export function skewText(skewS: number): string {
  if (Math.abs(skewS) < 2) return 'exact';
  return `${skewS < 0 ? '−' : '+'}${duration(Math.abs(skewS))}`;
}
