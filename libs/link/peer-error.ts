import { asBranchlineError, BranchlineError, systemCode } from '#libs/errors';
import { explainTlsFailure } from '#libs/identity';

const slow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** The connection was there and went away. */
const cut = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const away = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

const nameless = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);

/** True when the peer hung up on a request: an idle connection that it had just given up looks like this. */
export function isCut(error: unknown): boolean {
  return cut.has(systemCode(error) ?? '');
}

/** Any failure of a request, in our codes. `address` is the peer as `host:port`. */
export function asPeerError(error: unknown, address: string): BranchlineError {
  const explained = explainTlsFailure(error, { role: 'branch', peer: address });
  if (explained !== undefined) return explained;
  const code = systemCode(error) ?? '';
  const cause = { cause: error };
  if (slow.has(code)) {
    return new BranchlineError(
      'PEER_TOO_SLOW',
      `${address} did not answer in time; it is tried again, check the line if it stays so`,
      cause,
    );
  }
  if (nameless.has(code)) {
    return new BranchlineError(
      'PEER_UNREACHABLE',
      `the name of ${address} cannot be resolved (${code}); check the address and this server's DNS`,
      cause,
    );
  }
  if (isCut(error)) {
    return new BranchlineError(
      'PEER_UNREACHABLE',
      `${address} closed the connection; it is tried again, the hub's log tells if it refuses this branch`,
      cause,
    );
  }
  if (away.has(code)) {
    return new BranchlineError(
      'PEER_UNREACHABLE',
      `${address} does not answer (${code}); check that it runs, the port, and firewalls on the way`,
      cause,
    );
  }
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_')) {
    return new BranchlineError(
      'PEER_ANSWER_INVALID',
      `${address} does not speak HTTP as a hub does (${code}); check that the port is a hub's`,
      cause,
    );
  }
  return asBranchlineError(error);
}
