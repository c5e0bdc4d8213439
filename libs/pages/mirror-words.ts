import type { MirrorStatus } from './status.ts';
import { duration, names, plural, type Times } from './words.ts';

type Area = MirrorStatus['areas'][number]['area'];

/** Where administrators look for the files. */
export const areaWords: Record<Area, string> = {
  'phones-ftp': 'saved by FTP',
  'phones-http': 'saved by HTTP',
  devices: 'other devices',
  passwords: 'passwords of telephones',
  updates: 'Updates',
  tftp: 'TFTP tree',
  http: 'HTTP tree',
  https: 'HTTPS tree',
};

/** How the pair stands, in one sentence. */
export function mirrorSentence(mirror: MirrorStatus, times: Times): string {
  const { peer, away, caughtUp, inStep, behind } = mirror;
  if (away !== null) {
    return `${peer} ${awayWords(away, times)}`;
  }
  if (behind > 0) return `${behindWords(mirror)}.`;
  if (!caughtUp) return `Asks ${peer} what it has.`;
  return inStep
    ? `Has all of ${peer}, and ${peer} has all of this server.`
    : `Has all of ${peer}; ${peer} does not have all of this server yet.`;
}

/** "has been away for 12 min: connection timed out". */
export const awayWords = (
  { since, sentence }: NonNullable<MirrorStatus['away']>,
  times: Times,
): string => `has been away for ${duration(times.ageS(since))}: ${sentence}`;

/** "31 files of faro are not here yet (Updates 30, TFTP tree 1)". */
export function behindWords({ peer, behind, areas }: MirrorStatus): string {
  const where = areas
    .filter((each) => each.behind > 0)
    .map((each) => `${areaWords[each.area]} ${each.behind}`);
  return `${plural(behind, 'file')} of ${peer} ${behind === 1 ? 'is' : 'are'} not here yet (${where.join(', ')})`;
}

/** Names of files that could not be taken, for a sentence. */
export const failedNames = ({ areas }: MirrorStatus): string =>
  names(
    areas.flatMap(({ failures }) => failures.map(({ name }) => name)),
    3,
  );
