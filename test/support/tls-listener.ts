import { once } from 'node:events';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TLS server on loopback that answers each line, and remembers what it was told and why it refused somebody. */
export interface TlsListener {
  readonly port: number;
  /** Whatever clients have sent, over all connections. */
  readonly received: () => string;
  /** The next connection that was refused: its verdict on the certificate, or the error. */
  nextRefusal(): Promise<unknown>;
}

export async function tlsListener(options: TlsOptions): Promise<TlsListener> {
  let received = '';
  const sockets = new Set<TLSSocket>();
  const server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString();
      socket.write(`heard ${bytes.toString()}`);
    });
  });
  const refusals: unknown[] = [];
  const waiting: ((refusal: unknown) => void)[] = [];
  server.on('tlsClientError', (error, socket) => {
    // Typed as Error, but it is the code of OpenSSL's verdict, or null.
    const verdict: unknown = socket.authorizationError;
    const refusal = verdict ?? error;
    const next = waiting.shift();
    if (next === undefined) refusals.push(refusal);
    else next(refusal);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received: () => received,
    nextRefusal: () =>
      refusals.length > 0
        ? Promise.resolve(refusals.shift())
        : new Promise((resolve) => waiting.push(resolve)),
  };
}

/** Connect, say hello and return the answer; rejects as the connection fails. */
export async function sayHello(
  port: number,
  options: ConnectionOptions,
): Promise<{ answer: string; resumed: boolean; session: Buffer | undefined }> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'any.example', ...options });
  let session: Buffer | undefined;
  socket.on('session', (ticket) => {
    session = ticket;
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.on('error', reject);
  socket.on('close', () => {
    reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
  });
  socket.once('data', (bytes: Buffer) => {
    resolve(bytes.toString());
  });
  socket.write('hello');
  try {
    const answer = await promise;
    return { answer, resumed: socket.isSessionReused(), session };
  } finally {
    socket.destroy();
  }
}
