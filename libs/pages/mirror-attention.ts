import { adviceFor } from './advice.ts';
import type { Finding, Notice } from './attention.ts';
import { awayWords, behindWords, failedNames } from './mirror-words.ts';
import type { MirrorStatus } from './status.ts';
import type { Times } from './words.ts';

/** What to do about another server that is away. */
export const awayAdvice = ({ code }: NonNullable<MirrorStatus['away']>): string =>
  code === 'NOT_FOUND'
    ? 'Set PeerMirror=1 there as well and restart it.'
    : adviceFor('MIRROR_AWAY');

/** The other server of the pair is away, or this one lacks what it has. */
export function mirrorFindings(mirror: MirrorStatus, times: Times): Finding[] {
  const { peer, away, behind, caughtUp } = mirror;
  if (caughtUp) return [];
  const finding = { about: peer, level: 'warning' as const };
  if (away !== null) {
    return [
      {
        ...finding,
        what: `The other server of the pair, ${peer}, ${awayWords(away, times)}`,
        advice: awayAdvice(away),
        code: 'MIRROR_AWAY',
      },
    ];
  }
  const failure = mirror.areas.flatMap(({ failures }) => failures)[0];
  return [
    {
      ...finding,
      // Not known before the other one has told all that it has.
      near: behind === 0,
      what:
        failure === undefined
          ? `${behindWords(mirror)}.`
          : `${failedNames(mirror)} of ${peer} cannot be taken: ${failure.sentence}`,
      advice: failure === undefined ? '' : adviceFor(failure.code),
      code: failure?.code,
    },
  ];
}

/** Files on their way need nobody. */
export function mirrorNotices(mirror: MirrorStatus, times: Times): Notice[] {
  const failing = mirror.areas.some(({ failures }) => failures.length > 0);
  return mirror.away !== null || failing ? mirrorFindings(mirror, times) : [];
}
