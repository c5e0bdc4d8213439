import type { ScansTable } from '#libs/journal';
import { maxScanVersions, type ScanTold } from '#libs/link';
import type { BranchStatus } from '#libs/pages';
import { summaryOf } from '#libs/scan';

/** What a branch tells its hubs of its newest scan that came to its end. */
export function scanTold(table: Pick<ScansTable, 'lastDone'>): ScanTold | undefined {
  const scan = table.lastDone();
  if (scan === undefined) return undefined;
  const { asked, phones, current, behind, ahead, unknown, failedLoads, silent, versions } =
    summaryOf(scan);
  return {
    at: scan.endedAt ?? scan.startedAt,
    ...{ asked, phones, current, behind, ahead, unknown, failed: failedLoads, silent },
    versions: versions.slice(0, maxScanVersions).map((version) => ({
      ...(version.family !== null && { family: version.family }),
      ...(version.firmware !== null && { firmware: version.firmware }),
      standing: version.standing,
      phones: version.phones,
    })),
  };
}

/** The same in the words of the hub's API. */
export const scanShown = ({
  at,
  versions,
  ...counts
}: ScanTold): NonNullable<BranchStatus['scan']> => ({
  ...counts,
  at: new Date(at).toISOString(),
  versions: versions.map(({ family = null, firmware = null, standing, phones }) => ({
    ...{ family, firmware, standing, phones },
  })),
});
