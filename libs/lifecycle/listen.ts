import type { Server } from 'node:net';
import { BranchlineError, systemCode } from '#libs/errors';

/** Connections that may wait to be accepted: a building of phones starts at once after a power cut. */
const backlog = 4096;

/**
 * Bind `server`, and resolve when it is bound.
 * @throws BranchlineError LISTEN_FAILED.
 */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ host, port, backlog }, () => {
    resolve(undefined);
  });
  try {
    await promise;
  } catch (cause) {
    throw new BranchlineError('LISTEN_FAILED', sentence(host, port, cause), { cause });
  } finally {
    server.off('error', reject);
  }
}

const remedies: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use: stop the other program or set another port'],
  ['EACCES', 'may not be opened: give this program CAP_NET_BIND_SERVICE or set a port above 1023'],
  ['EADDRNOTAVAIL', 'cannot be opened: this machine has no such address'],
]);

function sentence(host: string, port: number, cause: unknown): string {
  const why = cause instanceof Error ? cause.message : String(cause);
  const remedy = remedies.get(systemCode(cause) ?? '') ?? `cannot be opened: ${why}`;
  return `TCP port ${port} on ${host} ${remedy}`;
}
