import { notifySystemd, pingSystemd, signalsOf, StopRequest } from '#libs/lifecycle';
import { createLogger } from '#libs/observe';
import type { ServerPlan } from './server-plan.ts';
import { startServer } from './server.ts';

/** A stop that takes longer than this is cut short: what matters survives a kill anyway. */
const stopMs = 4_500;

/**
 * Run one server in the foreground until it is asked to end; ready once every enabled listener is bound. SIGHUP reads
 * the telephones' certificates and opens the log file again, where there is such a signal.
 */
export async function serve(plan: ServerPlan, version: string): Promise<void> {
  const { detailed, file, maxBytes, files } = plan.log;
  const output = createLogger({
    level: detailed ? 'debug' : 'info',
    stdout: true,
    file,
    maxBytes,
    files,
  });
  const { log } = output;
  const stop = new StopRequest();
  const { reload: hangUpSignal } = signalsOf();
  let reload = (): Promise<void> => Promise.resolve();
  // From the start: unhandled it would end the process.
  const hangUp = (): void => {
    log.info('certificates and log file are opened again');
    reload().catch((error: unknown) => {
      log.error({ err: error }, 'not everything was opened again');
    });
  };
  if (hangUpSignal !== undefined) process.on(hangUpSignal, hangUp);
  try {
    for (const warning of plan.warnings) log.warn({ warning }, 'settings');
    const server = await startServer(plan, { log, lines: output.lines, version });
    reload = async () => {
      await output.reopen();
      await server.reload();
    };
    const listeners = server.listeners.flatMap(({ label, addresses }) =>
      addresses().map(({ address, port }) => ({ name: label, address, port })),
    );
    log.info({ name: plan.name, version, listeners }, 'ready');
    notifySystemd('READY=1', `STATUS=ready, ${listeners.length} listeners`);
    const stopPinging = pingSystemd();
    await stop.asked;
    stopPinging();
    notifySystemd('STOPPING=1');
    log.info('stopping');
    // Never waits for a telephone that has gone to sleep.
    const late = setTimeout(() => {
      log.warn('not everything stopped in time');
      process.exit(0);
    }, stopMs);
    await server.stop();
    clearTimeout(late);
    log.info('stopped');
  } finally {
    stop.dispose();
    if (hangUpSignal !== undefined) process.off(hangUpSignal, hangUp);
    await output.close();
  }
}
