import { asBranchlineError } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { ArchiveStatus } from '#libs/pages';
import { ArchiveState, FtpArchive, Schedule } from '#libs/sync';
import { iso } from './branch-view.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** The hourly archive of FTPdata. */
export interface ArchivePart {
  readonly services: readonly Service[];
  /** Make the archive when it is due; failures are told and do not throw. */
  make(signal: AbortSignal): Promise<void>;
  status(): ArchiveStatus;
}

/** Undefined where nothing is archived. */
export function archivePart(plan: ServerPlan, runtime: Runtime): ArchivePart | undefined {
  if (!plan.archive) return undefined;
  const { journal, clock, refused } = runtime;
  const log = runtime.log.child({ service: 'archive' });
  const archive = new FtpArchive({
    folder: plan.folders.trees.FTP,
    backup: plan.folders.backup,
    made: new ArchiveState(journal, 'archive made'),
    month: new ArchiveState(journal, 'archive month'),
    ...{ clock, log, refused },
  });
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const make = async (signal: AbortSignal): Promise<void> => {
    try {
      await archive.make(AbortSignal.any([signal, stopped.signal]));
    } catch (error) {
      if (signal.aborted || stopped.signal.aborted) return;
      log.debug({ code: asBranchlineError(error).code }, 'no archive made');
    }
  };
  const run = (): void => {
    running = make(stopped.signal);
  };
  const schedule = new Schedule({ interval: 2, seed: `archive of ${plan.name}`, run, log });
  return {
    services: [
      {
        name: 'archive',
        start: async () => {
          // An hour, a day or a month that has passed meanwhile is made up for.
          if (archive.hasRun) run();
          await Promise.resolve();
        },
        stop: async () => {
          stopped.abort();
          await running;
        },
      },
      schedule,
    ],
    make,
    status: () => archiveStatus(archive),
  };
}

function archiveStatus(archive: FtpArchive): ArchiveStatus {
  const { made, error } = archive;
  return {
    name: made?.name ?? null,
    madeAt: iso(made?.madeAt),
    files: made?.files ?? 0,
    bytes: made?.size ?? 0,
    lastError:
      error === undefined
        ? null
        : { code: error.code, sentence: error.sentence, at: new Date(error.at).toISOString() },
  };
}
