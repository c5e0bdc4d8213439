import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import { TreeDelivery, type Transfer } from '#libs/delivery';
import { PhoneWebServer, type PhoneWebServerOptions } from '#libs/http';
import { silentLogger } from '#libs/observe';
import { phoneCertificate } from './phone-certificate.ts';
import { tempTree, type Contents } from './temp-tree.ts';

/** A web server for phones in front of a tree on disk, on a port of its own. */
export interface WebBranch {
  readonly server: PhoneWebServer;
  readonly delivery: TreeDelivery;
  readonly root: string;
  readonly port: number;
  /** Such as `http://127.0.0.1:4711`. */
  readonly origin: string;
  /** The transfers that ended, oldest first, as soon as there are so many. */
  readonly ended: (count: number) => Promise<readonly Transfer[]>;
}

/** Start it; it stops when the test is over. */
export async function webBranch(
  files: Contents,
  options: Partial<PhoneWebServerOptions> = {},
): Promise<WebBranch> {
  const root = await tempTree(files);
  const transfers: Transfer[] = [];
  const events = new EventEmitter();
  const name = options.name ?? 'http';
  const delivery = new TreeDelivery({
    trees: { HTTP: root, HTTPS: root },
    cacheBytes: 8 * 1024 * 1024,
  });
  const server = new PhoneWebServer({
    name,
    tree: name === 'http' ? 'HTTP' : 'HTTPS',
    address: '127.0.0.1',
    ports: [0],
    delivery,
    log: silentLogger(),
    onTransfer: (transfer) => {
      transfers.push(transfer);
      events.emit('transfer');
    },
    ...(name === 'https' && options.tls === undefined
      ? { tls: { pairs: [await phoneCertificate()] } }
      : {}),
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const port = server.addresses()[0]?.port ?? 0;
  return {
    server,
    delivery,
    root,
    port,
    origin: `${name}://127.0.0.1:${port}`,
    ended: async (count) => {
      while (transfers.length < count) await once(events, 'transfer');
      return transfers;
    },
  };
}
