import { Client } from 'basic-ftp';
import { CollectedBytes } from './collected-bytes.ts';
import { tlsOf } from './tls-of.ts';
import type { WatchedServer } from './watched-server.ts';

/** Fetch a file as a telephone does by FTP, in passive mode; the user `watchdog` is asked for no proof by SNMP. */
export async function fetchByFtp(
  server: WatchedServer,
  file: string,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const client = new Client(0);
  const stop = (): void => {
    client.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { host, port, protocol } = server;
    const implicit = protocol === 'ftps';
    await client.access({
      ...{ host, port, user: 'watchdog', password: 'watchdog' },
      secure: implicit ? 'implicit' : false,
      ...(implicit && { secureOptions: { host, ...tlsOf(server) } }),
    });
    const collected = new CollectedBytes();
    await client.downloadTo(collected, file);
    return collected.bytes;
  } finally {
    signal.removeEventListener('abort', stop);
    client.close();
  }
}
