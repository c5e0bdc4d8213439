import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import { TreeDelivery, type Transfer } from '#libs/delivery';
import { silentLogger } from '#libs/observe';
import { TftpServer, type TftpServerOptions } from '#libs/tftp';
import { tempTree, type Contents } from './temp-tree.ts';

/** A TFTP server in front of a tree on disk, on a port of its own. */
export interface TftpBranch {
  readonly server: TftpServer;
  readonly root: string;
  readonly port: number;
  /** The transfers that ended, oldest first, as soon as there are so many. */
  ended(count: number): Promise<readonly Transfer[]>;
}

/** Start it; it stops when the test is over. */
export async function tftpBranch(
  files: Contents,
  options: Partial<TftpServerOptions> = {},
): Promise<TftpBranch> {
  const root = await tempTree(files);
  const transfers: Transfer[] = [];
  const events = new EventEmitter();
  const server = new TftpServer({
    address: '127.0.0.1',
    port: 0,
    delivery: new TreeDelivery({ trees: { TFTP: root }, cacheBytes: 8 * 1024 * 1024 }),
    log: silentLogger(),
    onTransfer: (transfer) => {
      transfers.push(transfer);
      events.emit('transfer');
    },
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const [first] = server.addresses();
  return {
    server,
    root,
    port: first?.port ?? 0,
    ended: async (count) => {
      while (transfers.length < count) await once(events, 'transfer');
      return transfers;
    },
  };
}

/** The same server over both of its transports: what a phone meets is the same. */
export const transports = (['batched', 'plain'] as const).map((transport) => ({
  transport,
  tftpBranch: (files: Contents, options: Partial<TftpServerOptions> = {}): Promise<TftpBranch> =>
    tftpBranch(files, { ...options, batching: transport === 'batched' }),
}));
