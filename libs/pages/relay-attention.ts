import { adviceFor } from './advice.ts';
import type { Notice } from './attention.ts';
import type { RelayStatus } from './status.ts';
import { duration, names, plural, type Times } from './words.ts';

/** What does not reach head office, or the collector there. */
export function relayNotices(relay: RelayStatus, times: Times): Notice[] {
  return [...overdueNotices(relay, times), ...damagedNotices(relay), ...gapNotices(relay)];
}

function overdueNotices({ outgoing }: RelayStatus, times: Times): Notice[] {
  return outgoing
    .filter(({ overdue }) => overdue)
    .map(({ kind, waiting, oldestWaitingAt, lastError }) => ({
      level: 'failed',
      what: `${plural(waiting, `${kind} file`)} ${waiting === 1 ? 'waits' : 'wait'} for a hub${
        oldestWaitingAt === null ? '' : `, the oldest for ${duration(times.ageS(oldestWaitingAt))}`
      }${lastError === null ? '.' : `: ${lastError.sentence}`}`,
      advice: `${adviceFor(lastError?.code ?? 'RECORDS_OVERDUE')} Nothing of it is purged.`,
      code: 'RECORDS_OVERDUE',
    }));
}

function damagedNotices({ incoming }: RelayStatus): Notice[] {
  const hurt = incoming.filter(({ damaged }) => damaged > 0);
  if (hurt.length === 0) return [];
  const files = hurt.reduce((sum, { damaged }) => sum + damaged, 0);
  return [
    {
      level: 'failed',
      what: `${plural(files, 'stored record')} of ${names(branchesOf(hurt))} ${files === 1 ? 'is' : 'are'} no longer what came.`,
      advice:
        'Offer them again at the branch: `branchline relay resend`; the others are delivered.',
      code: 'RECORD_DAMAGED',
    },
  ];
}

function gapNotices({ incoming }: RelayStatus): Notice[] {
  const silent = incoming.filter(({ missing }) => missing);
  if (silent.length === 0) return [];
  return [
    {
      level: 'warning',
      what: `No call records have come lately from ${names(branchesOf(silent))}.`,
      advice: 'See whether the branch reports, and whether its records are still being collected.',
      code: 'RECORDS_MISSING',
    },
  ];
}

const branchesOf = (incoming: RelayStatus['incoming']): string[] => [
  ...new Set(incoming.map(({ branch }) => branch)),
];
