import type { Service } from '#libs/lifecycle';
import { intervalMs } from '#libs/sync';
import type { Listener } from './listeners.ts';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';
import type { SyncPart } from './sync-part.ts';

/** After so many intervals without a complete run a branch is not ready: someone must look. */
const intervalsAllowed = 3;
/** How far back the last complete run is looked for: what is older than all these failures is too old anyway. */
const runsLookedAt = 100;
/** A server that has just started, or that never had a complete run, gets this long for one. */
const graceMs = 10 * 60_000;

export interface HealthPartOptions {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly listeners: readonly Listener[];
  readonly sync: SyncPart | undefined;
}

/** Tells the health what the parts are like: /readyz, the watchdog and the page ask it. */
export function watchHealth({ plan, runtime, listeners, sync }: HealthPartOptions): Service {
  const { health } = runtime;
  let unsubscribe: (() => void) | undefined;
  return {
    name: 'health',
    start: async () => {
      health.require('journal');
      health.set('journal', 'ok');
      for (const { label, protocol, addresses } of listeners) {
        // The join port is open only while an invitation is.
        if (protocol === 'join') continue;
        health.require(label);
        if (addresses().length > 0) health.set(label, 'ok');
        else health.set(label, 'failed', `${label} listens on no port`, 'LISTEN_FAILED');
      }
      if (sync !== undefined && plan.branch !== undefined) {
        const maxAgeMs = intervalsAllowed * intervalMs[plan.branch.interval] + graceMs;
        health.require('sync', { maxAgeMs, lastOkAt: lastOkAt(runtime, sync, maxAgeMs) });
        unsubscribe = sync.runs.subscribe((run) => {
          if (run.state === 'done' || run.state === 'partly-done') health.set('sync', 'ok');
          else if (run.state === 'failed')
            health.set('sync', 'warning', run.message ?? '', run.code);
          if (run.state !== 'running') noteRun(runtime, sync, run.state);
        });
      }
      await Promise.resolve();
    },
    stop: async () => {
      unsubscribe?.();
      await Promise.resolve();
    },
  };
}

/** From when the age of the sync counts: a restart while the hub is away must not look like a dead server. */
function lastOkAt({ startedAt }: Runtime, { runs }: SyncPart, maxAgeMs: number): number {
  const done = runs
    .recent(runsLookedAt)
    .find(({ state }) => state === 'done' || state === 'partly-done');
  return Math.max(done?.endedAt ?? 0, startedAt + graceMs - maxAgeMs);
}

function noteRun(
  { metrics, clock }: Runtime,
  { pull }: SyncPart,
  outcome: 'done' | 'partly-done' | 'failed',
): void {
  metrics.ran('updates', outcome, pull.state.upstream?.peer ?? 'primary', clock.now());
}
