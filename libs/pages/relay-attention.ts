import { adviceFor } from './advice.ts';
import type { Finding, Notice } from './attention.ts';
import type { RelayStatus } from './status.ts';
import { duration, names, plural, type Times } from './words.ts';

/** What does not reach head office, or the collector there. */
export function relayNotices(relay: RelayStatus, times: Times): Notice[] {
  return [...overdueFindings(relay, times), ...damagedNotices(relay), ...gapNotices(relay)];
}

/** Records that wait for a hub for too long. */
export function overdueFindings({ outgoing }: RelayStatus, times: Times): Finding[] {
  return outgoing
    .filter(({ overdue }) => overdue)
    .map(({ kind, waiting, oldestWaitingAt, lastError }) => ({
      about: kind,
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
  return silent.length === 0 ? [] : [gap(branchesOf(silent))];
}

const gap = (branches: readonly string[]): Notice => ({
  level: 'warning',
  what: `No call records have come lately from ${names(branches)}.`,
  advice: 'See whether the branch reports, and whether its records are still being collected.',
  code: 'RECORDS_MISSING',
});

/** Branches that used to send records and do not, each for itself. */
export const gapFindings = ({ incoming }: RelayStatus): Finding[] =>
  branchesOf(incoming.filter(({ missing }) => missing)).map((branch) => ({
    about: branch,
    ...gap([branch]),
  }));

const branchesOf = (incoming: RelayStatus['incoming']): string[] => [
  ...new Set(incoming.map(({ branch }) => branch)),
];
