import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface ConnectProxy {
  readonly port: number;
  /** Targets that were asked for, as `host:port`. */
  readonly targets: readonly string[];
  stop(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** `user:password`; without it everybody is let through. */
  readonly credentials?: string;
  /** Answer this status to all. */
  readonly status?: number;
}

/** An HTTP proxy that knows CONNECT and nothing else, on loopback. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.writeHead(405).end();
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const target = request.url ?? '';
    targets.push(target);
    const status = options.status ?? (mayPass(request, options.credentials) ? 200 : 407);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n`);
      return;
    }
    const colon = target.lastIndexOf(':');
    const host = target.slice(0, colon).replace(/^\[|\]$/g, '');
    const hub = connect(Number(target.slice(colon + 1)), host);
    sockets.add(hub);
    hub.on('close', () => {
      sockets.delete(hub);
      client.destroy();
    });
    hub.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    hub.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(hub).pipe(client);
    });
    client.on('close', () => hub.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    targets,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

function mayPass(request: IncomingMessage, credentials: string | undefined): boolean {
  if (credentials === undefined) return true;
  const expected = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return request.headers['proxy-authorization'] === expected;
}
