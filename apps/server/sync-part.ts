import type { Service } from '#libs/lifecycle';
import { RunsTable } from '#libs/journal';
import {
  defaultFetchBackoff,
  PullUpdates,
  Schedule,
  SpaceWaiter,
  SyncRuns,
  WakeLoop,
  type TreePublisher,
  type Updates,
} from '#libs/sync';
import type { JoinedHub } from './branch-part.ts';
import type { Runtime } from './runtime.ts';
import type { BranchPlan, ServerPlan } from './server-plan.ts';

/** How often a full disk is looked at, in milliseconds. */
const spaceLookMs = 5_000;

export interface SyncPartOptions {
  readonly plan: ServerPlan;
  readonly branch: BranchPlan;
  readonly hubs: readonly JoinedHub[];
  readonly updates: Updates;
  readonly publisher: TreePublisher;
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
  const { plan, branch, hubs, updates, publisher, runtime } = options;
  const { clock, log, journal } = runtime;
  const table = new RunsTable(journal);
  table.closeInterrupted(clock.now());
  const pull = new PullUpdates({
    upstreams: hubs.map(({ upstream }) => upstream),
    updates,
    publisher,
    backoff: defaultFetchBackoff,
    reserveBytes: plan.publishing.reserveBytes,
    log: log.child({ service: 'pull' }),
  });
  const runs = new SyncRuns({
    jobs: { updates: (report, signal, how) => pull.run(report, signal, how) },
    table,
    clock,
    log: log.child({ service: 'sync' }),
  });
  const run = (): void => {
    runs.start('updates');
  };
  const schedule = new Schedule({
    interval: branch.interval,
    seed: hubs[0]?.branch ?? plan.name,
    run,
    log,
  });
  const waiter = new SpaceWaiter({
    folder: updates.folder,
    waiting: () => pull.state.state === 'waiting-for-space' && runs.current() === undefined,
    resume: run,
    clock,
    everyMs: spaceLookMs,
  });
  const wakes = hubs.slice(0, 1).map(
    ({ client }) =>
      new WakeLoop({
        events: client,
        current: () => pull.state.release ?? 0,
        onWake: run,
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
  return { services: [running, schedule, waiter, ...wakes], pull, runs, schedule };
}
