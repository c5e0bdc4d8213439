import type { MirrorStatus } from '#libs/pages';
import { minutesAgo } from './fake-status.ts';

/** A pair that is in step. */
export const fakeMirror = (change: Partial<MirrorStatus> = {}): MirrorStatus => ({
  ...{ peer: 'faro', inStep: true, caughtUp: true, away: null, behind: 0 },
  lastContactAt: minutesAgo(0),
  areas: (['phones-http', 'tftp', 'updates'] as const).map((area) => ({
    ...{ area, behind: 0, failures: [] },
  })),
  ...change,
});

/** Files of the other one are on their way. */
export const mirrorBehind = (): MirrorStatus =>
  fakeMirror({
    ...{ caughtUp: false, behind: 31 },
    areas: [
      { area: 'phones-http', behind: 0, failures: [] },
      { area: 'tftp', behind: 1, failures: [] },
      { area: 'updates', behind: 30, failures: [] },
    ],
  });

/** Two files of Updates cannot be taken. */
export const mirrorFailing = (): MirrorStatus =>
  fakeMirror({
    ...{ caughtUp: false, behind: 2 },
    areas: [
      {
        ...{ area: 'updates', behind: 2 },
        failures: [
          {
            ...{ name: 'J100-IPT-SIP-R4_1_2.zip', code: 'DISK_FULL' },
            sentence: 'no room for 96,400,000 bytes in Updates; 20 MB are free',
          },
          {
            ...{ name: '<b>9608</b>.zip', code: 'DIGEST_MISMATCH' },
            sentence: 'what came is not what faro has said',
          },
        ],
      },
    ],
  });

/** The other one does not answer. */
export const mirrorAway = (): MirrorStatus =>
  fakeMirror({
    ...{ caughtUp: false, inStep: false, lastContactAt: minutesAgo(12) },
    away: {
      code: 'PEER_UNREACHABLE',
      sentence: 'connection to faro:4411 timed out after 5 s',
      since: minutesAgo(12),
    },
  });
