import { execFile } from 'node:child_process';

/**
 * Tell systemd READY=1, STOPPING=1, WATCHDOG=1 or STATUS=…; silent without NOTIFY_SOCKET (sd_notify(3)).
 * Node cannot open a Unix datagram socket, so systemd's own helper sends it; a failure is not ours to raise.
 * The helper waits until systemd has read it (sd_notify_barrier(3)), 5 s at most: on a busy machine systemd looks after
 * a helper that has ended, does not find whose it was, and forgets the notice.
 */
export function notifySystemd(...states: string[]): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  execFile('systemd-notify', states, () => undefined);
}
