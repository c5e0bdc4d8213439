import { TreeDelivery, type Delivery, type Transfer } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { tftpFetch } from '#libs/tftp';
import type { Client } from './clients.ts';
import { ftpBranch } from './ftp-branch.ts';
import { ftpPhones } from './ftp-phones.ts';
import { runClient } from './real-client.ts';
import { settledClock } from './settled-clock.ts';
import { tempTree, type Contents } from './temp-tree.ts';
import { tftpBranch } from './tftp-branch.ts';
import { tftpPrograms } from './tftp-programs.ts';
import { webBranch } from './web-branch.ts';
import { webFetch } from './web-fetch.ts';

/** A server of one protocol in front of a tree on disk. */
export interface PhoneServer {
  readonly root: string;
  readonly port: number;
  readonly delivery: TreeDelivery;
  /** The transfers that ended, oldest first, as soon as there are so many. */
  readonly ended: (count: number) => Promise<readonly Transfer[]>;
}

/** What a phone has in the end: all bytes, a refusal in the protocol's own words, or a download that failed. */
export type Got = Buffer | 'not found' | 'refused' | 'failed';

/** A client of one protocol. Each protocol adds its lines to `phones` and inherits every promise of the contract. */
export interface Phone {
  readonly protocol: 'tftp' | 'http' | 'https' | 'ftp' | 'ftps';
  /** The program it is, or our own code. */
  readonly client: 'own' | Client;
  /** How the server's datagrams travel; batched unless told. */
  readonly transport?: 'plain';
  /** False for a name that this program tidies up, or cannot say, before it asks. */
  readonly says: (name: string) => boolean;
  readonly get: (server: PhoneServer, name: string) => Promise<Got>;
  /** Begin a download and leave when the server is in the middle of it: `leave` says when. */
  readonly abandon?: (server: PhoneServer, name: string, leave: AbortSignal) => Promise<void>;
}

export interface ServeOptions {
  /** Happens before the server reads the first piece of a large file. */
  readonly beforeFirstRead?: (root: string) => Promise<void>;
}

/** Start the server of a phone's protocol; it stops when the test is over. */
export async function serve(
  { protocol, transport }: Phone,
  files: Contents,
  { beforeFirstRead }: ServeOptions = {},
): Promise<PhoneServer> {
  const around = (delivery: Delivery, root: string): Delivery =>
    beforeFirstRead === undefined ? delivery : interrupted(delivery, () => beforeFirstRead(root));
  if (protocol === 'ftp' || protocol === 'ftps') {
    return await ftpBranch(files, { name: protocol, around });
  }
  const root = await tempTree(files);
  const tree = treeOf[protocol];
  const delivery = new TreeDelivery({ trees: { [tree]: root }, ...held });
  const asked = around(delivery, root);
  const branch = await (protocol === 'tftp'
    ? tftpBranch({}, { delivery: asked, batching: transport !== 'plain' })
    : webBranch({}, { name: protocol, delivery: asked }));
  return { root, delivery, port: branch.port, ended: (count) => branch.ended(count) };
}

/** Large files go through the memory that all downloads share, as in service. */
const held = {
  cacheBytes: 8 * 1024 * 1024,
  pieceCacheBytes: 8 * 1024 * 1024,
  clock: settledClock,
};

const treeOf = { tftp: 'TFTP', http: 'HTTP', https: 'HTTPS' } as const;

function interrupted(delivery: Delivery, beforeFirstRead: () => Promise<void>): Delivery {
  let done: Promise<void> | undefined;
  return {
    async find(request) {
      const file = await delivery.find(request);
      const { name, size, modifiedMs, etag, bytes } = file;
      const interrupt = async (): Promise<void> => {
        done ??= beforeFirstRead();
        await done;
      };
      return {
        ...{ name, size, modifiedMs, etag, bytes },
        async read(target, position) {
          await interrupt();
          return await file.read(target, position);
        },
        async piece(position) {
          await interrupt();
          return await file.piece?.(position);
        },
        close: () => file.close(),
      };
    },
    admit: (phone) => delivery.admit(phone),
  };
}

const anything = (): boolean => true;

const encoded = (name: string): string => `/${name.split('/').map(encodeURIComponent).join('/')}`;

const ownTftp: Phone = {
  protocol: 'tftp',
  client: 'own',
  says: anything,
  async get({ port }, name) {
    try {
      return await tftpFetch('127.0.0.1', port, name, { blksize: 1428 });
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      if (error.code === 'NOT_FOUND') return 'not found';
      return /access/i.test(error.message) ? 'refused' : 'failed';
    }
  },
  async abandon({ port }, name, signal) {
    await tftpFetch('127.0.0.1', port, name, { signal }).catch(() => undefined);
  },
};

const ownWeb = (protocol: 'http' | 'https'): Phone => ({
  protocol,
  client: 'own',
  says: anything,
  async get({ port }, name) {
    const fetched = webFetch(`${protocol}://127.0.0.1:${port}`, encoded(name));
    const { status, body } = await fetched.catch(() => ({ status: 0, body: Buffer.alloc(0) }));
    return gotByStatus(status, body);
  },
  async abandon({ port }, name, signal) {
    const fetched = webFetch(`${protocol}://127.0.0.1:${port}`, encoded(name), { signal });
    await fetched.catch(() => undefined);
  },
});

function gotByStatus(status: number, body: Buffer): Got {
  if (status === 200) return body;
  if (status === 404) return 'not found';
  return status === 400 || status === 403 ? 'refused' : 'failed';
}

const curlGot: Record<number, Got> = { 68: 'not found', 69: 'refused' };

const curl = (protocol: 'tftp' | 'http' | 'https'): Phone => ({
  protocol,
  client: 'curl',
  says: anything,
  async get({ port }, name) {
    const url = `${protocol}://127.0.0.1:${port}${encoded(name)}`;
    const args = ['-sk', '--path-as-is', '-w', '%{stderr}%{http_code}', url];
    const { status, stdout, stderr } = await runClient('curl', args);
    if (protocol === 'tftp') return status === 0 ? stdout : (curlGot[status] ?? 'failed');
    return status === 0 ? gotByStatus(Number(stderr), stdout) : 'failed';
  },
});

const wget = (protocol: 'http' | 'https'): Phone => ({
  protocol,
  client: 'wget',
  says: (name) => !/\.\.|%[02]/.test(name),
  async get({ port }, name) {
    const url = `${protocol}://127.0.0.1:${port}${encoded(name)}`;
    const args = ['-q', '--tries=1', '--no-check-certificate', '--server-response', '-O', '-', url];
    const { status, stdout, stderr } = await runClient('wget', args);
    if (status === 0) return stdout;
    return gotByStatus(Number(/HTTP\/1\.[01] (\d{3})/.exec(stderr)?.[1]), Buffer.alloc(0));
  },
});

export const phones: readonly Phone[] = [
  ownTftp,
  { ...ownTftp, transport: 'plain' },
  ownWeb('http'),
  ownWeb('https'),
  curl('tftp'),
  { ...curl('tftp'), transport: 'plain' },
  curl('http'),
  curl('https'),
  wget('http'),
  wget('https'),
  ...tftpPrograms,
  ...ftpPhones,
];
