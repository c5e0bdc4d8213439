import type { ScanCounts, ScanFact } from '#libs/alarms';
import type { ScanRecord, ScansTable } from '#libs/journal';
import { summaryOf } from '#libs/scan';

/** Among so many of the last scans a comparable one is looked for. */
const looked = 50;

/** The last scan that came to its end, beside the one before it that asked the same addresses; null when there are no two. */
export function scanFact(table: Pick<ScansTable, 'recent'>): ScanFact | null {
  const done = table.recent(looked).filter(({ state }) => state === 'done');
  const [last] = done;
  const before = done.slice(1).find(({ ranges }) => ranges === last?.ranges);
  if (last === undefined || before === undefined) return null;
  return {
    at: new Date(last.endedAt ?? last.startedAt).toISOString(),
    now: countsOf(last),
    before: countsOf(before),
  };
}

function countsOf(scan: ScanRecord): ScanCounts {
  const { behind, failedLoads } = summaryOf(scan);
  return { behind, failed: failedLoads };
}
