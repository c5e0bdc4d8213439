import { Type } from 'typebox';
import { uploadKinds } from '#libs/journal';
import { closed, count, list, orNull, problem, text, time } from './schema-words.ts';
import { statusLimits } from './status-limits.ts';

const relayTotals = {
  kind: Type.Enum([...uploadKinds]),
  files: count('Files on the disk'),
  bytes: count('Their bytes'),
  waiting: count('At a branch: no hub has them; at a hub: the collector has not got them'),
  oldestWaitingAt: orNull(time('Since when the oldest of these waits')),
};

/** What goes up from here and what has come up to here. */
export const relay = Type.Object(
  {
    copies: orNull(
      Type.Object(
        {
          hub: text('The other hub of the pair, under the name by which it joined'),
          files: count('What it holds and this hub lacks: backups and records'),
          bytes: count('Their bytes'),
        },
        closed,
      ),
    ),
    outgoing: list(
      Type.Object(
        {
          ...relayTotals,
          waitingBytes: count('Bytes of those that wait'),
          overdue: Type.Boolean({ description: 'Records wait for longer than RetainDays' }),
          acknowledged: list(
            Type.Object(
              {
                hub: Type.Enum(['primary', 'secondary']),
                address: text('host:port'),
                files: count('Names that it has acknowledged, purged ones included'),
                lastAt: orNull(time('Last acknowledgement')),
              },
              closed,
            ),
            2,
          ),
          lastError: orNull(problem),
        },
        closed,
      ),
      uploadKinds.length,
    ),
    incomingTotal: count('Branches and kinds; the list may be shorter'),
    incoming: list(
      Type.Object(
        {
          branch: text('Name of the branch'),
          ...relayTotals,
          delivered: count('Records that the collector has got, ever'),
          damaged: count('Records whose stored bytes are no longer those that came'),
          conflicts: count('Other bytes under a name that was there, ever; all are kept'),
          lastReceivedAt: time('When the last came'),
          missing: Type.Boolean({ description: 'No records for longer than RecordGapHours' }),
        },
        closed,
      ),
      statusLimits.relayed,
    ),
  },
  closed,
);
