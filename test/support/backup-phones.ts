import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Transfer } from '#libs/delivery';
import type { Client } from './clients.ts';
import { ftpBranch } from './ftp-branch.ts';
import { runClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';
import { uploadBranch } from './upload-branch.ts';
import { webFetch } from './web-fetch.ts';

/** A server of one protocol that telephones save to, and that asks each by SNMP who it is. */
export interface BackupServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Where the backups lie. */
  readonly folder: string;
  /** What SNMP says of 127.0.0.1; undefined for no answer. */
  extension: string | undefined;
  readonly ended: (count: number) => Promise<readonly Transfer[]>;
}

/** A telephone, as one client plays it. Each protocol adds its lines and inherits every promise of the contract. */
export interface BackupPhone {
  readonly protocol: 'http' | 'https' | 'ftp' | 'ftps';
  readonly client: 'own' | Client;
  /** How its backups are called. */
  readonly end: string;
  readonly save: (server: BackupServer, name: string, bytes: Buffer) => Promise<boolean>;
  readonly fetch: (server: BackupServer, name: string) => Promise<Buffer | undefined>;
  /** Begin to save, and leave in the middle. FTP has no mark for the end of a file: its own tests say what can be told. */
  readonly abandon?: (server: BackupServer, name: string, bytes: Buffer) => Promise<void>;
}

export async function backupServer({ protocol }: BackupPhone): Promise<BackupServer> {
  if (protocol === 'http' || protocol === 'https') {
    const branch = await uploadBranch({ name: protocol, proof: 'snmp' });
    return {
      ...{ url: branch.origin, folder: branch.folder, ended: branch.ended },
      get extension() {
        return branch.extensions.get('127.0.0.1');
      },
      set extension(extension) {
        if (extension === undefined) branch.extensions.clear();
        else branch.extensions.set('127.0.0.1', extension);
      },
    };
  }
  const said: { extension: string | undefined } = { extension: undefined };
  const branch = await ftpBranch(
    {},
    {
      name: protocol,
      identifyPhone: () =>
        said.extension === undefined
          ? Promise.reject(new Error('no answer'))
          : Promise.resolve({ extension: said.extension, type: '4620' }),
    },
  );
  const url = `${protocol}://127.0.0.1:${branch.port}`;
  return Object.assign(said, { url, folder: branch.root, ended: branch.ended });
}

const own: Pick<BackupPhone, 'client' | 'save' | 'fetch'> = {
  client: 'own',
  save: async ({ url }, name, body) => {
    const { status } = await webFetch(url, `/${name}`, { method: 'PUT', body });
    return status === 201 || status === 204;
  },
  fetch: async ({ url }, name) => {
    const { status, body } = await webFetch(url, `/${name}`);
    return status === 200 ? body : undefined;
  },
};

const curl: Pick<BackupPhone, 'client' | 'save' | 'fetch'> = {
  client: 'curl',
  save: async ({ url }, name, bytes) => (await curlSaves(url, name, bytes)) === 0,
  fetch: async ({ url }, name) => {
    const folder = await tempFolder();
    const to = path.join(folder, 'down');
    const { status } = await runClient('curl', [
      '-sfk',
      '--path-as-is',
      '-o',
      to,
      `${url}/${name}`,
    ]);
    return status === 0 ? await readFile(to) : undefined;
  },
};

const abandon: BackupPhone['abandon'] = async ({ url }, name, bytes) => {
  await curlSaves(url, name, bytes, '--limit-rate', '100k', '--max-time', '1');
};

async function curlSaves(
  url: string,
  name: string,
  bytes: Buffer,
  ...more: string[]
): Promise<number> {
  const file = path.join(await tempFolder(), 'up');
  await writeFile(file, bytes);
  const args = ['-sfk', '--path-as-is', ...more, '-T', file, `${url}/${name}`];
  return (await runClient('curl', args)).status;
}

const web = '_96xxdata.txt';
const file = '_4620data.txt';

export const backupPhones: readonly BackupPhone[] = [
  { protocol: 'http', end: web, ...own },
  { protocol: 'http', end: web, ...curl, abandon },
  { protocol: 'https', end: web, ...own },
  { protocol: 'https', end: web, ...curl, abandon },
  { protocol: 'ftp', end: file, ...curl },
  { protocol: 'ftps', end: file, ...curl },
];
