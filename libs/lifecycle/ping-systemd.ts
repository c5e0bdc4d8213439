import { notifySystemd } from './notify-systemd.ts';

/**
 * Tell systemd that the event loop turns, twice as often as it asks (WatchdogSec=, sd_watchdog_enabled(3)), until the
 * returned function is called. Nothing where nobody asks, or another process is meant.
 */
export function pingSystemd(): () => void {
  const { WATCHDOG_USEC: everyUs, WATCHDOG_PID: pid = String(process.pid) } = process.env;
  if (!(Number(everyUs) > 0) || pid !== String(process.pid)) return () => undefined;
  const timer = setInterval(
    () => {
      notifySystemd('WATCHDOG=1');
    },
    Number(everyUs) / 2_000,
  );
  return () => {
    clearInterval(timer);
  };
}
