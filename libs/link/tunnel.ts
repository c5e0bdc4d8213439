import { Socket } from 'node:net';
import { Client } from 'undici';
import { BranchlineError } from '#libs/errors';

/** The HTTP proxy between a branch and its hub (Guide keys `UseProxy`, `ProxyIP`, `ProxyPort` …). */
export interface ProxyOptions {
  readonly address: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * A raw connection to `host:port` through the proxy (CONNECT, RFC 9110 § 9.3.6).
 * @throws BranchlineError PROXY_REFUSED when the proxy says no, PEER_UNREACHABLE when it or the host behind it does not answer.
 */
export async function openTunnel(
  proxy: ProxyOptions,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Socket> {
  const target = `${bracketed(host)}:${port}`;
  const at = `proxy ${bracketed(proxy.address)}:${proxy.port}`;
  const client = new Client(`http://${bracketed(proxy.address)}:${proxy.port}`, {
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
  });
  try {
    const { statusCode, socket } = await client.connect({
      path: target,
      headers: { host: target, ...authorization(proxy) },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode !== 200) {
      socket.destroy();
      throw answered(statusCode, at, target);
    }
    if (!(socket instanceof Socket)) throw new BranchlineError('INTERNAL', 'a tunnel is no socket');
    // Until TLS takes it over nobody else hears its errors.
    return socket.on('error', () => undefined);
  } catch (error) {
    if (error instanceof BranchlineError) throw error;
    throw new BranchlineError(
      'PEER_UNREACHABLE',
      `${at} does not answer; check ProxyIP and ProxyPort, and that it runs`,
      { cause: error },
    );
  } finally {
    // An upgraded socket has left the client: this frees the client only.
    void client.destroy();
  }
}

function answered(status: number, at: string, target: string): BranchlineError {
  if (status === 407) {
    return new BranchlineError(
      'PROXY_REFUSED',
      `${at} asks for a user and password, or does not take those that are set`,
    );
  }
  if (status >= 500) {
    return new BranchlineError(
      'PEER_UNREACHABLE',
      `${at} cannot reach ${target} (status ${status}); check the hub's address and the proxy's own way out`,
    );
  }
  return new BranchlineError(
    'PROXY_REFUSED',
    `${at} does not let us through to ${target} (status ${status}); allow CONNECT to that port there`,
  );
}

function authorization(proxy: ProxyOptions): Record<string, string> {
  if (proxy.user === undefined || proxy.user === '') return {};
  const pair = Buffer.from(`${proxy.user}:${proxy.password ?? ''}`, 'utf8').toString('base64');
  return { 'proxy-authorization': `Basic ${pair}` };
}

/** An IPv6 address in brackets, as it stands in URLs and in CONNECT. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
