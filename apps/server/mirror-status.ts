import type { MirrorStatus } from '#libs/pages';
import { iso } from './branch-view.ts';
import type { MirrorState } from './mirror-part.ts';

/** How the mirror of a pair stands, as the page, the API and `branchline status` show it; null without one. */
export function mirrorStatus(state: MirrorState | undefined): MirrorStatus | null {
  if (state === undefined) return null;
  const { peer, inStep, read, away, awaySince, lastContact, areas } = state;
  const behind = areas.reduce((sum, area) => sum + area.behind, 0);
  return {
    peer,
    inStep,
    caughtUp: read && behind === 0 && away === undefined,
    away:
      away === undefined || awaySince === undefined
        ? null
        : {
            code: away.code,
            sentence: away.message,
            since: new Date(awaySince).toISOString(),
          },
    lastContactAt: iso(lastContact),
    behind,
    areas: areas.map((area) => ({
      area: area.area,
      behind: area.behind,
      failures: area.failures.map(({ name, code, message }) => ({ name, code, sentence: message })),
    })),
  };
}
