import type { Service } from '#libs/lifecycle';
import { RunsTable } from '#libs/journal';
import {
  defaultFetchBackoff,
  LaterTries,
  ProgressTeller,
  PullUpdates,
  Schedule,
  SpaceWaiter,
  SyncRuns,
  WakeLoop,
  type TreePublisher,
  type Updates,
} from '#libs/sync';
import type { ArchivePart } from './archive-part.ts';
import type { JoinedHub } from './branch-part.ts';
import { pushJobs, recordFolders } from './push-part.ts';
import type { Runtime } from './runtime.ts';
import type { BranchPlan, ServerPlan } from './server-plan.ts';

/** How often full disks are looked at, in milliseconds. */
const spaceLookMs = 2_000;

export interface SyncPartOptions {
  readonly plan: ServerPlan;
  readonly branch: BranchPlan;
  readonly hubs: readonly JoinedHub[];
  readonly updates: Updates;
  /** Undefined where no telephones are served: then files are kept for the branches below. */
  readonly publisher: TreePublisher | undefined;
  readonly archive: ArchivePart | undefined;
  readonly runtime: Runtime;
}

/** Everything that makes a server a branch: pulling, when, and being woken. */
export interface SyncPart {
  readonly services: readonly Service[];
  readonly pull: PullUpdates;
  readonly runs: SyncRuns;
  readonly schedule: Schedule;
}

export function syncPart(options: SyncPartOptions): SyncPart {
  const { plan, branch, hubs, updates, publisher, archive, runtime } = options;
  const { clock, log, journal } = runtime;
  const table = new RunsTable(journal);
  table.closeInterrupted(clock.now());
  const pull = new PullUpdates({
    upstreams: hubs.map(({ upstream }) => upstream),
    updates,
    publisher,
    backoff: defaultFetchBackoff,
    reserveBytes: plan.publishing.reserveBytes,
    clock,
    log: log.child({ service: 'pull' }),
  });
  const runs = new SyncRuns({
    jobs: {
      ...(branch.pulls && { updates: (report, signal, how) => pull.run(report, signal, how) }),
      ...pushJobs(plan, branch, hubs, runtime, archive),
    },
    table,
    clock,
    log: log.child({ service: 'sync' }),
  });
  const run = (): void => {
    runs.start('all');
  };
  const schedule = new Schedule({
    interval: branch.interval,
    seed: hubs[0]?.branch ?? plan.name,
    run,
    log,
  });
  const waiter = new SpaceWaiter({
    folders: [
      ...new Set([updates.folder, plan.folders.state, ...Object.values(plan.folders.trees)]),
    ],
    busy: () => runs.current() !== undefined,
    waiting: () => pull.state.state === 'waiting-for-space',
    resume: run,
    clock,
    everyMs: spaceLookMs,
  });
  const wakes = hubs.slice(0, 1).map(
    (hub) =>
      new WakeLoop({
        events: hub.client,
        current: () => hub.release() ?? 0,
        onWake: ({ asked }) => {
          if (asked) pull.tellAnyway();
          runs.startAfresh(asked ? 'all' : 'updates');
        },
        log: log.child({ service: 'wake-up' }),
      }),
  );
  const running: Service = {
    name: 'sync runs',
    start: async () => {
      // What a stop interrupted goes on now, not at the next full hour.
      run();
      await Promise.resolve();
    },
    stop: () => runs.stop(),
  };
  // Before the first run, to see it end.
  const later = new LaterTries({ runs });
  const teller = new ProgressTeller({
    runs,
    upstream: () => pull.state.upstream,
    log: log.child({ service: 'progress' }),
  });
  const collected = recordFolders(plan, branch);
  const services = [collected, later, teller, running, schedule, waiter, ...wakes];
  return { services, pull, runs, schedule };
}
