import { Type } from 'typebox';
import { closed, count, list, orNull, problem, text, time } from './schema-words.ts';

const openFile = Type.Object({ name: text('Name'), bytes: count('Bytes on the disk') }, closed);

/** Call records that come over the network. */
export const recordIntake = Type.Object(
  {
    intake: Type.Enum(['link', 'web'], { description: 'The raw CDR link, or HTTP' }),
    connected: list(
      Type.Object(
        {
          from: text('Address of the switch'),
          since: time('Start of the connection'),
          lastRecordAt: orNull(time('Last record of this connection')),
        },
        closed,
      ),
      16,
    ),
    aloneSince: orNull(time('Of the link: since when no switch is connected')),
    records: count('Records since the start'),
    recordsToday: count('Records of today'),
    lastRecordAt: orNull(time('Last record since the start')),
    files: list(openFile, 16),
    silentSince: orNull(
      time('Since when nothing has come, when that is longer than SilenceMinutes'),
    ),
    trouble: orNull(problem),
  },
  closed,
);
