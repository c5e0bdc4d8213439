import { asBranchlineError, isErrorCode } from '#libs/errors';
import type { OutgoingTable, UploadKind } from '#libs/journal';
import type { Logger } from '#libs/observe';
import type { BranchReport, Job } from '#libs/sync';
import type { JoinedHub } from './branch-part.ts';

export interface ToldAfterOptions {
  readonly hubs: readonly Pick<JoinedHub, 'upstream'>[];
  readonly table: OutgoingTable;
  /** What goes up from here. */
  readonly kinds: readonly UploadKind[];
  readonly log: Logger;
}

/** For a branch that takes no updates, and so has no pull that checks in: its hubs are told after each push. */
export const toldAfter =
  (job: Job, options: ToldAfterOptions): Job =>
  async (report, signal, how) => {
    try {
      await job(report, signal, how);
    } finally {
      if (!signal.aborted) await tell(options);
    }
  };

async function tell({ hubs, table, kinds, log }: ToldAfterOptions): Promise<void> {
  const problems = kinds
    .flatMap((kind) => table.trouble(kind) ?? [])
    // A code that an older version has written may be none today.
    .map(
      ({ code, message }) => ({ code: isErrorCode(code) ? code : 'INTERNAL', message }) as const,
    );
  const state = problems.length > 0 ? 'error' : 'in-sync';
  const standing: BranchReport = { release: undefined, state, problems, lacking: undefined };
  for (const { upstream } of hubs) {
    if (!upstream.breaker.closed) continue;
    // A hub that does not hear us now hears us after the next run: what went up is safe.
    try {
      await upstream.checkIn(standing);
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      log.warn({ peer: upstream.peer, code, reason: message }, 'hub not told how things stand');
    }
  }
}
