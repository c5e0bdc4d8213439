import { silentLogger } from '#libs/observe';
import { originOf } from '#libs/watchdog';
import { watchdogOf } from '../watchdog/watch.ts';
import type { WatchdogPlan } from '../watchdog/watchdog-plan.ts';
import { printRows } from './print-rows.ts';
import { version } from './version.ts';

/** One round without an alert, told on stdout; the exit code. */
export async function checkOnce(plan: WatchdogPlan, json: boolean): Promise<number> {
  const quiet = { ...plan, script: { ...plan.script, file: undefined } };
  const surroundings = { version, log: silentLogger(), report: () => Promise.resolve() };
  const watchdog = watchdogOf(quiet, surroundings);
  await watchdog.round();
  const { servers, trouble, sensedBy } = watchdog.status();
  if (json) process.stdout.write(`${JSON.stringify({ sensedBy, trouble, servers })}\n`);
  else {
    if (trouble !== null) process.stderr.write(`${trouble.sentence} [${trouble.code}]\n`);
    printRows(false, servers, ['server', 'at', 'files', 'ms', 'why not'], (server) => [
      server.name,
      originOf(server),
      server.state === 'arrives' ? 'arrive' : 'missed',
      String(server.ms),
      server.trouble === null ? '' : `${server.trouble.sentence} [${server.trouble.code}]`,
    ]);
  }
  return trouble === null && servers.every(({ state }) => state === 'arrives') ? 0 : 1;
}
