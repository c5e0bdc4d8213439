import path from 'node:path';
import { makeFolder } from '#libs/files';
import {
  notifySystemd,
  pingSystemd,
  SingleInstance,
  startAll,
  StopRequest,
  systemClock,
} from '#libs/lifecycle';
import { createLogger, type Logger } from '#libs/observe';
import { AlertScript, Watchdog, WatchdogServer, type Alert } from '#libs/watchdog';
import { loadPlan } from '../server/compose.ts';
import { reportAlert } from './report-alert.ts';
import { ServerSense } from './server-sense.ts';
import type { WatchdogPlan } from './watchdog-plan.ts';

/** Run the watchdog in the foreground until it is asked to end. */
export async function watch(plan: WatchdogPlan, version: string): Promise<void> {
  const output = createLogger({ level: 'info', stdout: true, ...plan.log });
  const { log } = output;
  const wish = new StopRequest();
  try {
    for (const warning of plan.warnings) log.warn({ warning }, 'settings');
    const { name, folders } = await loadPlan(plan.serverSettings);
    const report = (alert: Alert): Promise<void> => reportAlert(folders.state, alert);
    const watchdog = watchdogOf(plan, { version, log, report });
    const page = new WatchdogServer({ ...plan.page, status: () => watchdog.status(), log });
    const lock = path.join(folders.state, 'watchdog');
    await makeFolder(lock, 0o700);
    const stop = await startAll([
      new SingleInstance(lock, 'a watchdog of this server'),
      page,
      watchdog,
    ]);
    const { address } = plan.page;
    log.info({ name, version, host: plan.host, address, port: page.port }, 'ready');
    notifySystemd('READY=1', `STATUS=watches ${name}`);
    const stopPinging = pingSystemd();
    await wish.asked;
    stopPinging();
    notifySystemd('STOPPING=1');
    log.info('stopping');
    await stop();
    log.info('stopped');
  } finally {
    wish.dispose();
    await output.close();
  }
}

export interface WatchdogSurroundings {
  readonly version: string;
  readonly log: Logger;
  readonly report: (alert: Alert) => Promise<void>;
}

export const watchdogOf = (
  plan: WatchdogPlan,
  { version, log, report }: WatchdogSurroundings,
): Watchdog => {
  const sense = new ServerSense(plan);
  return new Watchdog({
    version,
    sense: (signal) => sense.look(signal),
    everyMs: plan.everyMs,
    limitMs: plan.limitMs,
    failureLimit: plan.failureLimit,
    checkDir: plan.checkDir,
    script: new AlertScript({ ...plan.script, log }),
    report,
    clock: systemClock,
    log,
  });
};
