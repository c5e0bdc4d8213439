import { once } from 'node:events';
import { request, type RequestOptions } from 'node:https';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import type { BranchIdentity } from '#libs/identity';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const tlsOf = (identity: Partial<BranchIdentity>): RequestOptions => ({
  host: '127.0.0.1',
  ca: identity.authorityPem,
  cert: identity.certificatePem,
  key: identity.keyPem,
  checkServerIdentity: () => undefined,
});

/** One request by Node's own client on a new connection, past our client: what a stranger's program would see. */
export function rawRequest(
  port: number,
  identity: Partial<BranchIdentity>,
  path: string,
  options: RequestOptions & { readonly body?: string } = {},
): Promise<RawAnswer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ ...tlsOf(identity), agent: false, port, path, ...rest }, (response) => {
      const pieces: Buffer[] = [];
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('error', reject)
        .on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces),
          });
        });
    });
    asked.on('error', reject).end(body);
  });
}

/** A bare TLS connection, handshake done. */
export async function rawConnection(
  port: number,
  identity: Partial<BranchIdentity>,
  session?: Buffer,
  version: SecureVersion = 'TLSv1.3',
): Promise<TLSSocket> {
  const { ca, cert, key } = tlsOf(identity);
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca,
    cert,
    key,
    session,
    minVersion: version,
    maxVersion: version,
    checkServerIdentity: () => undefined,
  });
  await once(socket, 'secureConnect');
  return socket;
}
