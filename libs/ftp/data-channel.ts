import { connect, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { BranchlineError, systemCode } from '#libs/errors';
import type { DataAddress } from './data-address.ts';
import type { PassivePromise } from './passive-ports.ts';

/** How the next data connection comes about. */
export type DataPlan =
  | { readonly kind: 'passive'; readonly promise: PassivePromise }
  | { readonly kind: 'active'; readonly to: DataAddress };

export interface ActiveFrom {
  /** Of this machine: the one that the client knows. */
  readonly address: string | undefined;
  /** Guide: FTPDataPort; 0 for any. */
  readonly port: number;
  readonly timeoutMs: number;
}

/** The data connection of a plan. @throws BranchlineError DATA_CONNECTION_FAILED. */
export async function openData(plan: DataPlan, from: ActiveFrom): Promise<Socket> {
  if (plan.kind === 'active') return await connectActive(plan.to, from);
  const socket = await plan.promise.socket;
  if (socket === undefined || socket.destroyed) throw failed('the client did not connect');
  return socket;
}

/** Why a privileged or busy port of ours is no reason to give up: clients seldom look at where data comes from. */
const portTrouble = new Set(['EACCES', 'EADDRINUSE', 'EADDRNOTAVAIL']);

async function connectActive(to: DataAddress, from: ActiveFrom): Promise<Socket> {
  try {
    return await connected(to, from, from.port);
  } catch (error) {
    if (from.port === 0 || !portTrouble.has(systemCode(error) ?? '')) throw refused(to, error);
  }
  try {
    return await connected(to, from, 0);
  } catch (error) {
    throw refused(to, error);
  }
}

async function connected(to: DataAddress, from: ActiveFrom, localPort: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({
    host: to.address,
    port: to.port,
    noDelay: true,
    allowHalfOpen: true,
    ...(from.address === undefined ? {} : { localAddress: from.address }),
    ...(localPort === 0 ? {} : { localPort }),
  });
  const late = setTimeout(() => {
    socket.destroy(failed('the client does not accept a connection'));
  }, from.timeoutMs);
  socket.on('error', reject);
  socket.once('connect', () => {
    socket.pause();
    resolve(socket);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

/** Speak TLS, as the server that we are, on a data connection. @throws BranchlineError DATA_CONNECTION_FAILED. */
export async function secureData(
  socket: Socket,
  { context, timeoutMs }: { readonly context: SecureContext; readonly timeoutMs: number },
): Promise<TLSSocket> {
  const secured = new TLSSocket(socket, { isServer: true, secureContext: context });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const late = setTimeout(() => {
    secured.destroy(failed('TLS was not agreed upon in time'));
  }, timeoutMs);
  secured.on('error', reject);
  const onLeft = (): void => {
    reject(failed('the client left while TLS was agreed upon'));
  };
  secured.once('close', onLeft);
  // Our side stays half-open by itself: an end before TLS is agreed upon is no end of a file.
  secured.once('end', onLeft);
  secured.once('secure', () => {
    secured.off('end', onLeft);
    // OpenSSL is still at work when it says so: an end that came at once would overtake the session tickets.
    setImmediate(resolve, undefined);
  });
  try {
    await promise;
    return secured;
  } catch (error) {
    secured.destroy();
    throw error instanceof BranchlineError
      ? error
      : failed(`TLS failed: ${messageOf(error)}`, error);
  } finally {
    clearTimeout(late);
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const refused = (to: DataAddress, error: unknown): BranchlineError =>
  error instanceof BranchlineError
    ? error
    : failed(`${to.address} port ${to.port} cannot be reached (${messageOf(error)})`, error);

const failed = (why: string, cause?: unknown): BranchlineError =>
  new BranchlineError('DATA_CONNECTION_FAILED', `no data connection: ${why}`, { cause });
