import { once } from 'node:events';
import { connect } from 'node:tls';
import { BranchlineError } from '#libs/errors';
import { watchdogServerName } from '#libs/link';
import { tlsOf } from './tls-of.ts';
import { originOf, type WatchedServer } from './watched-server.ts';

/**
 * Reach a server that wants a client certificate, up to the point where it has proved its own: in TLS 1.3 that is before
 * it looks for ours (RFC 8446 § 2). An event loop that hangs does not get there.
 */
export async function shakeHands(server: WatchedServer, signal: AbortSignal): Promise<void> {
  const { host, port, protocol, authority, oldTls } = server;
  const socket = connect({
    ...{ host, port, ...tlsOf(server) },
    ...(protocol === 'hub' && { servername: watchdogServerName }),
    ...(oldTls !== true && { minVersion: 'TLSv1.3' }),
    ...(authority !== undefined && { ca: authority }),
  });
  const cut = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await once(socket, 'secureConnect', { signal });
    if (authority === undefined || socket.authorized || wrongNameOnly(socket.authorizationError)) {
      return;
    }
    throw new BranchlineError(
      'CERTIFICATE_STRANGE',
      `${originOf(server)} shows a certificate that is not of this hub's authority (${String(socket.authorizationError)})`,
    );
  } finally {
    signal.removeEventListener('abort', cut);
    socket.on('error', () => undefined).destroy();
  }
}

/** The address by which this machine reaches itself need not stand in it. */
const wrongNameOnly = (error: Error | string | null | undefined): boolean =>
  String(error).includes('ERR_TLS_CERT_ALTNAME_INVALID');
