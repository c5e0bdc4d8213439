import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { demoSite, type DemoSite } from '../../../apps/demo/demo-site.ts';
import { freeTcpPort } from '../../../apps/demo/free-port.ts';
import type { FileServers } from './file-request.ts';

/** A branch as telephones see it: its settings on disk, and where each protocol will be found. */
export interface PhoneBranch {
  readonly site: DemoSite;
  readonly servers: FileServers;
}

export const phoneTrees = ['TFTPdata', 'HTTPdata', 'HTTPSdata'] as const;

/** Settings of a branch on high ports that stand for 69, 81, 80, 411, 6970, 21 and 990; nothing is started. */
export async function phoneBranch(
  root: string,
  name: string,
  more: readonly string[] = [],
): Promise<PhoneBranch> {
  const site = await demoSite(root, name, false);
  const [second, cisco] = [await freeTcpPort(), await freeTcpPort()];
  const [ftp, ftps] = [await freeTcpPort(), await freeTcpPort()];
  const text = await readFile(site.config, 'utf8');
  const http = `HTTPPort=${site.httpPort},${second},${cisco}`;
  const settings = text
    .replace(/^HTTPPort=.*$/m, http)
    .replace(/^RunFTP=0$/m, `RunFTP=1\nFTPPort=${ftp}`);
  const lines = [
    ...['[FTPS]', 'RunFTPS=1', `FTPSPort=${ftps}`],
    // Who a phone is, is asked elsewhere (test/e2e/phone-identity.test.ts).
    ...['[SNMP]', 'UseSNMP=0', '[UPLOADS]', 'HTTPBackupProof=none'],
    'UploadNames=PhoneBackup/<mac>-phone.cfg,PhoneBackup/<mac>-b01.txt',
    ...more,
  ];
  await writeFile(site.config, `${settings}${lines.map((line) => `${line}\n`).join('')}`);
  return {
    site,
    servers: {
      host: '127.0.0.1',
      tftp: site.tftpPort,
      http: [site.httpPort, second],
      https: [site.httpsPort],
      ...{ cisco, ftp, ftps },
      backup: { protocol: 'http', port: second, folder: 'PhoneBackup' },
    },
  };
}

/** The same servers for phones that have no memory of what they stored: each start is as if it were the first. */
export const onlyDownloads = ({ host, tftp, http, https, cisco }: FileServers): FileServers => ({
  ...{ host, tftp, http, https },
  ...(cisco !== undefined && { cisco }),
});

/** Write files into the trees of a branch that does not run yet. */
export async function layOut(
  { folder }: DemoSite,
  files: Readonly<Record<string, Buffer>>,
  trees: readonly string[] = phoneTrees,
): Promise<void> {
  for (const tree of trees) {
    for (const [name, bytes] of Object.entries(files)) {
      const target = path.join(folder, 'data', tree, name);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
  }
}
