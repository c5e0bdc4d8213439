import { Type } from 'typebox';
import { mirrorAreas } from '#libs/journal';
import { closed, count, list, orNull, text, time } from './schema-words.ts';
import { statusLimits } from './status-limits.ts';

const failure = Type.Object(
  {
    name: text('File inside the folder'),
    code: text('Error code, see docs/errors.md'),
    sentence: text('What happened, and where'),
  },
  closed,
);

/** What two servers of a pair hold alike, as this one sees it (docs/adr/021-mirror.md). */
export const mirror = Type.Object(
  {
    peer: text('The other server of the pair, under the name by which it joined'),
    inStep: Type.Boolean({
      description: 'It has all that was told here, or takes it: what telephones save waits for it',
    }),
    caughtUp: Type.Boolean({ description: 'It answers, and nothing of it is lacking here' }),
    away: orNull(
      Type.Object(
        {
          code: text('Error code of the last try, see docs/errors.md'),
          sentence: text('What happened, and where'),
          since: time('Since when it cannot be asked'),
        },
        closed,
      ),
    ),
    lastContactAt: orNull(time('Its last answer since the start')),
    behind: count('Files that are not yet as at the other server'),
    areas: list(
      Type.Object(
        {
          area: Type.Enum([...mirrorAreas]),
          behind: count('Files of it that are not yet as at the other server'),
          failures: list(failure, statusLimits.mirrorFailures),
        },
        closed,
      ),
      mirrorAreas.length,
    ),
  },
  closed,
);
