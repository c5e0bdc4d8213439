import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import { BackupStore } from '#libs/backups';
import { TreeDelivery, type Delivery, type Transfer } from '#libs/delivery';
import {
  FtpServer,
  LogIn,
  PassivePorts,
  SuperUserArea,
  type FtpServerOptions,
  type PassiveRange,
} from '#libs/ftp';
import { systemClock } from '#libs/lifecycle';
import { silentLogger, type Logger } from '#libs/observe';
import type { IdentifyPhone } from '#libs/phones';
import path from 'node:path';
import { phoneCertificate } from './phone-certificate.ts';
import { settledClock } from './settled-clock.ts';
import { tempTree, type Contents } from './temp-tree.ts';

/** The super user's password of every test. */
export const password = 'a good word';

export interface FtpBranchOptions extends Partial<FtpServerOptions> {
  readonly identifyPhone?: IdentifyPhone;
  /** What telephones are served by, made from what lies in FTPdata. */
  readonly around?: (delivery: TreeDelivery, root: string) => Delivery;
  readonly ports?: PassiveRange;
  readonly promiseMs?: number;
  /** Another folder as Updates. */
  readonly updates?: string;
  /** In bytes, of the super user. */
  readonly maxBytes?: number;
  /** The super user's, as the settings hold it. */
  readonly stored?: string;
}

/** An FTP server in front of FTPdata and Updates, on a port of its own. */
export interface FtpBranch {
  readonly server: FtpServer;
  readonly passive: PassivePorts;
  readonly delivery: TreeDelivery;
  /** Holds FTPdata, Updates and, out of reach, secret. */
  readonly folder: string;
  /** FTPdata. */
  readonly root: string;
  readonly port: number;
  /** The transfers that ended, oldest first, as soon as there are so many. */
  readonly ended: (count: number) => Promise<readonly Transfer[]>;
}

/** Start it, with `files` in FTPdata; it stops when the test is over. */
export async function ftpBranch(
  files: Contents = {},
  options: FtpBranchOptions = {},
): Promise<FtpBranch> {
  const inside = Object.entries(files).map(([name, bytes]) => [`FTPdata/${name}`, bytes] as const);
  const folder = await tempTree({
    'FTPdata/.branchline/note': 'internal',
    'Updates/firmware.zip': 'zip',
    'secret/key.pem': 'secret',
    ...Object.fromEntries(inside),
  });
  const root = path.join(folder, 'FTPdata');
  const log: Logger = options.log ?? silentLogger();
  const clock = options.clock ?? systemClock;
  const transfers: Transfer[] = [];
  const events = new EventEmitter();
  const delivery = new TreeDelivery({
    trees: { FTP: root },
    cacheBytes: 8 * 1024 * 1024,
    pieceCacheBytes: 8 * 1024 * 1024,
    clock: settledClock,
    log,
  });
  const backups = new BackupStore({
    folder: root,
    maxBytes: 1024 * 1024,
    maxFiles: 1000,
    maxTotalBytes: 100 * 1024 * 1024,
    keepVersions: 3,
    keepBytes: 10 * 1024 * 1024,
    reserveBytes: 0,
  });
  await backups.prepare();
  const passive = new PassivePorts({
    address: options.address ?? '127.0.0.1',
    ports: options.ports ?? { any: 8 },
    promiseMs: options.promiseMs ?? 30_000,
    log,
  });
  const {
    identifyPhone,
    around = (inner: TreeDelivery) => inner,
    stored = password,
    maxBytes = 64 * 1024 * 1024,
  } = options;
  const logIn = new LogIn({
    phones: { delivery: around(delivery, root), backups, identifyPhone },
    superUser: {
      name: 'mvuser',
      password: stored,
      area: new SuperUserArea({
        folders: [
          { name: 'FTPdata', folder: root },
          { name: 'Updates', folder: options.updates ?? path.join(folder, 'Updates') },
        ],
        maxBytes,
        listed: 1000,
      }),
    },
    clock,
  });
  const tls = options.tls ?? { pairs: [await phoneCertificate()] };
  const server = new FtpServer({
    name: 'ftp',
    address: '127.0.0.1',
    port: 0,
    logIn,
    passive,
    tls,
    log,
    clock,
    onTransfer: (transfer) => {
      transfers.push(transfer);
      events.emit('transfer');
    },
    ...options,
  });
  await passive.start();
  await server.start();
  onTestFinished(async () => {
    await server.stop();
    await passive.stop();
  });
  return {
    ...{ server, passive, delivery, folder, root },
    port: server.addresses()[0]?.port ?? 0,
    ended: async (count) => {
      while (transfers.length < count) await once(events, 'transfer');
      return transfers;
    },
  };
}
