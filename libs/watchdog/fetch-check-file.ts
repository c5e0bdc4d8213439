import { asBranchlineError, BranchlineError, systemCode } from '#libs/errors';
import { tftpFetch } from '#libs/tftp';
import { maxCheckBytes } from './collected-bytes.ts';
import { fetchByFtp } from './fetch-by-ftp.ts';
import { fetchByWeb } from './fetch-by-web.ts';
import { originOf, type WatchedServer } from './watched-server.ts';

/**
 * Fetch one file as a telephone does; `signal` bounds it.
 * @throws BranchlineError PEER_UNREACHABLE, PEER_TOO_SLOW, PEER_REFUSED, NOT_FOUND or PEER_ANSWER_INVALID.
 */
export async function fetchCheckFile(
  server: WatchedServer,
  file: string,
  signal: AbortSignal,
): Promise<Buffer> {
  switch (server.protocol) {
    case 'tftp':
      return await tftpFetch(server.host, server.port, file, {
        ...{ signal, maxBytes: maxCheckBytes, repeats: 1_000 },
      });
    case 'ftp':
    case 'ftps':
      return await fetchByFtp(server, file, signal);
    case 'http':
    case 'https':
      return await fetchByWeb(server, file, signal);
    case 'hub':
      throw new BranchlineError('INTERNAL', 'a hub gives nobody files without a certificate');
  }
}

const unreachable = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EPIPE'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN', 'ETIMEDOUT'],
]);

/** Why a file was missed, as a code and a sentence of ours. */
export function whyMissed(
  server: WatchedServer,
  file: string,
  thrown: unknown,
  signal: AbortSignal,
): BranchlineError {
  const where = `${server.name} at ${originOf(server)}`;
  const missed = file === 'handshake' ? 'did not finish a TLS handshake' : `did not give ${file}`;
  if (signal.aborted) {
    return new BranchlineError('PEER_TOO_SLOW', `${where} ${missed} in time`, {
      cause: thrown,
    });
  }
  const known = asBranchlineError(thrown);
  if (known.code !== 'INTERNAL') {
    return new BranchlineError(known.code, `${where}: ${known.message}`, { cause: thrown });
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const code = unreachable.has(systemCode(thrown) ?? '') ? 'PEER_UNREACHABLE' : 'PEER_REFUSED';
  return new BranchlineError(code, `${where} ${missed}: ${why}`, { cause: thrown });
}
