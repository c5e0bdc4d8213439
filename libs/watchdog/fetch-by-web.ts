import { BranchlineError } from '#libs/errors';
import { tlsOf } from './tls-of.ts';
import { originOf, type WatchedServer } from './watched-server.ts';
import { webGet } from './web-get.ts';

/** Fetch a file as a telephone does by HTTP and HTTPS. */
export async function fetchByWeb(
  server: WatchedServer,
  file: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const url = `${server.protocol}://${originOf(server)}/${file}`;
  const { status, bytes } = await webGet(url, signal, tlsOf(server));
  if (status === 200) return bytes;
  const code = status === 404 ? 'NOT_FOUND' : 'PEER_REFUSED';
  throw new BranchlineError(code, `it answered ${status} to /${file}`);
}
