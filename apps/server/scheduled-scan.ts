import { asBranchlineError } from '#libs/errors';
import type { Logger } from '#libs/observe';
import { rangesOf, type Scans } from '#libs/scan';

export interface ScheduledScan {
  readonly scans: Pick<Scans, 'begin'>;
  /** Of scans: a file of ranges is read anew each time. */
  readonly folder: string;
  /** Ranges with commas between them, or the name of a file. */
  readonly ranges: string;
  readonly log: Logger;
}

/** Begin what the schedule asks for; where that cannot be, the log says why, and the next time is another. */
export async function scanBySchedule({ scans, folder, ranges, log }: ScheduledScan): Promise<void> {
  try {
    scans.begin(await rangesOf(folder, ranges), 'schedule');
  } catch (error) {
    const { code, message } = asBranchlineError(error);
    log.warn({ code, reason: message }, 'scan by schedule not begun');
  }
}
