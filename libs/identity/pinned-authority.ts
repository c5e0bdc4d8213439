import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import { BranchlineError, systemCode } from '#libs/errors';
import { systemClock, type Clock } from '#libs/lifecycle';
import { matchesPin } from './pin.ts';
import { strangeHub } from './tls-options.ts';

export interface PinnedOptions {
  /** For the whole exchange, milliseconds. */
  readonly timeoutMs: number;
  /** A connection to `host:port` that exists already, such as a proxy's tunnel; it is closed in the end. */
  readonly socket?: Duplex;
  readonly clock?: Clock;
}

/** Leaf and authority; a longer chain is none of ours. */
const MAX_CHAIN = 3;

/**
 * The authority of a hub of which nothing is known but the pin of that authority, as PEM. The hub shows its chain; not
 * one byte of ours is sent. With the authority the next connection is an ordinary, fully verified one.
 * @throws BranchlineError JOIN_PIN_MISMATCH when another server answers, CERTIFICATE_EXPIRED, CLOCK_WRONG,
 * PEER_UNREACHABLE, PEER_TOO_SLOW.
 */
export async function fetchPinnedAuthority(
  host: string,
  port: number,
  pin: string,
  hubId: string,
  options: PinnedOptions,
): Promise<string> {
  const at = `${host}:${port}`;
  const socket = connect({
    ...(options.socket === undefined ? { host, port } : { socket: options.socket }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    // Who answers is decided below, by the pin: no public authority knows a hub.
    rejectUnauthorized: false,
  });
  try {
    await secured(socket, at, options.timeoutMs);
    const chain = chainOf(socket);
    return requirePinned(chain, { at, pin, hubId, now: (options.clock ?? systemClock).now() });
  } finally {
    socket.destroy();
  }
}

function requirePinned(
  chain: readonly X509Certificate[],
  { at, pin, hubId, now }: { at: string; pin: string; hubId: string; now: number },
): string {
  const [leaf, ...rest] = chain;
  const authority = rest.find((certificate) => certificate.ca && matchesPin(certificate, pin));
  if (
    leaf === undefined ||
    authority === undefined ||
    !leaf.checkIssued(authority) ||
    !leaf.verify(authority.publicKey) ||
    strangeHub(leaf, hubId, at) !== undefined
  ) {
    throw new BranchlineError(
      'JOIN_PIN_MISMATCH',
      `the server at ${at} is not the hub that made this join string: check the address, and ask the hub's administrator for a new invitation`,
    );
  }
  for (const certificate of [leaf, authority]) requireInTime(certificate, at, now);
  return authority.toString();
}

function requireInTime(certificate: X509Certificate, at: string, now: number): void {
  const clock = `this server's clock says ${new Date(now).toISOString()}`;
  if (now > certificate.validToDate.getTime()) {
    throw new BranchlineError(
      'CERTIFICATE_EXPIRED',
      `the certificate of the hub at ${at} ended on ${certificate.validToDate.toISOString()} and ${clock}: correct the clock that is wrong, or restart the hub`,
    );
  }
  if (now < certificate.validFromDate.getTime()) {
    throw new BranchlineError(
      'CLOCK_WRONG',
      `the certificate of the hub at ${at} begins on ${certificate.validFromDate.toISOString()} but ${clock}: correct the clock that is wrong`,
    );
  }
}

/** The certificates that the server has sent, leaf first. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < MAX_CHAIN) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function secured(socket: TLSSocket, at: string, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    reject(new BranchlineError('PEER_TOO_SLOW', `${at} did not answer within ${timeoutMs} ms`));
  }, timeoutMs);
  socket.once('secureConnect', () => {
    resolve(undefined);
  });
  // Also after the answer is known: a late reset has nobody else to go to.
  socket.on('error', (error) => {
    reject(unreachable(at, error));
  });
  socket.once('close', () => {
    reject(unreachable(at));
  });
  return promise.finally(() => {
    clearTimeout(timer);
  });
}

function unreachable(at: string, cause?: unknown): BranchlineError {
  const reason = systemCode(cause) ?? 'it closed the connection';
  return new BranchlineError(
    'PEER_UNREACHABLE',
    `no hub lets anybody join at ${at} (${reason}): check the address, that an invitation is open there, and firewalls on the way`,
    { cause },
  );
}
