import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined: without TLS. */
  readonly tls?: { readonly ca: string | undefined } | undefined;
}

/** A connection that is up; an abort destroys it, also later. */
export async function openSocket(
  { host, port, tls }: SocketTarget,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket =
    tls === undefined
      ? connect({ host, port })
      : connectTls({
          ...{ host, port, minVersion: 'TLSv1.2' },
          ...(isIP(host) === 0 && { servername: host }),
          ...(tls.ca !== undefined && { ca: tls.ca }),
        });
  const destroy = (): void => {
    socket.destroy(new Error('no answer in time'));
  };
  signal.addEventListener('abort', destroy, { once: true });
  socket.once('close', () => {
    signal.removeEventListener('abort', destroy);
  });
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  return socket;
}
