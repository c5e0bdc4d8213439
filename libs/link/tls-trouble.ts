import type { TLSSocket } from 'node:tls';
import { explainTlsFailure } from '#libs/identity';
import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { Tries } from './tries.ts';

const spanMs = 60_000;

/** Whom the watchdog asks for: it has no certificate, goes when it has seen the hub's, and is no trouble. */
export const watchdogServerName = 'watchdog.invalid';

/** Logs why handshakes fail, once a minute for each address: a scanner must not fill the log. */
export function tlsTrouble(log: Logger, clock: Clock): (error: Error, socket: TLSSocket) => void {
  const logged = new Tries(clock, 1, spanMs);
  return (error, socket: TLSSocket & { servername?: string | false | null }) => {
    if (socket.servername === watchdogServerName) return;
    const peer = socket.remoteAddress ?? 'a client that is gone';
    if (logged.count(peer) > 0) return;
    // The socket knows the verdict on a certificate; the error says ECONNRESET.
    const verdict: unknown = socket.authorizationError;
    const explained = explainTlsFailure(verdict ?? error, { role: 'hub', peer });
    log.warn(
      { address: peer, code: explained?.code, reason: explained?.message ?? error.message },
      'handshake refused',
    );
  };
}
