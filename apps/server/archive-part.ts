import { asBranchlineError } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { ArchiveStatus } from '#libs/pages';
import {
  ArchiveDelivery,
  ArchiveState,
  CustomerFtp,
  defaultCustomerFtp,
  FtpArchive,
  Schedule,
} from '#libs/sync';
import { iso } from './branch-view.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** The hourly archive of FTPdata, and its way to the customer's server. */
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
  const delivery =
    plan.customFtp &&
    new ArchiveDelivery({
      ftp: new CustomerFtp({ server: plan.customFtp, ...defaultCustomerFtp, log }),
      backup: plan.folders.backup,
      made: () => archive.made,
      sent: new ArchiveState(journal, 'archive sent'),
      ...{ clock, log, refused },
    });
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let sending: Promise<void> | undefined;
  const make = async (signal: AbortSignal): Promise<void> => {
    try {
      await archive.make(AbortSignal.any([signal, stopped.signal]));
    } catch (error) {
      if (signal.aborted || stopped.signal.aborted) return;
      log.debug({ code: asBranchlineError(error).code }, 'no archive made');
    }
    // Also an earlier archive that did not arrive. Nobody waits for that server.
    sending = delivery?.deliver(stopped.signal);
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
          await sending;
        },
      },
      schedule,
    ],
    make,
    status: () => archiveStatus(archive, delivery),
  };
}

function archiveStatus(archive: FtpArchive, delivery: ArchiveDelivery | undefined): ArchiveStatus {
  const { made, error } = archive;
  return {
    name: made?.name ?? null,
    madeAt: iso(made?.madeAt),
    files: made?.files ?? 0,
    bytes: made?.size ?? 0,
    lastError: errorStatus(error),
    customFtp:
      delivery === undefined
        ? null
        : {
            server: delivery.address,
            name: delivery.sent?.name ?? null,
            sentAt: iso(delivery.sent?.sentAt),
            lastError: errorStatus(delivery.error),
          },
  };
}

const errorStatus = (error: FtpArchive['error']): ArchiveStatus['lastError'] =>
  error === undefined
    ? null
    : { code: error.code, sentence: error.sentence, at: new Date(error.at).toISOString() };
