import { reportWatchdog } from '#libs/alarms';
import type { Alert } from '#libs/watchdog';

const longest = 500;

/** Leave behind, where the server looks, that the watchdog had to act: the server raises the alarm. */
export async function reportAlert(stateDir: string, alert: Alert): Promise<void> {
  await reportWatchdog(stateDir, {
    firedAt: alert.at,
    reason: alert.reason.slice(0, longest),
    action: alert.sentence.slice(0, longest),
  });
}
