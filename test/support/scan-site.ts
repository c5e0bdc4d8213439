import path from 'node:path';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { scanScripts } from './scan-rig.ts';
import { plant, tempTree } from './temp-tree.ts';

export interface ScanSite {
  readonly config: string;
  readonly data: string;
  /** The folder of scans. */
  readonly folder: string;
  readonly statusPort: number;
}

export const scanToken = 'scan-secret';

/** Settings of a server whose telephones answer SNMP on this port, and scripts for them. */
export async function scanSite(snmpPort: number, ...more: readonly string[]): Promise<ScanSite> {
  const root = await tempTree();
  const data = path.join(root, 'data');
  const statusPort = await freeTcpPort();
  const lines = [
    '[Settings]',
    `DataDir=${data}`,
    `StatusPort=${statusPort}`,
    'BindAddress=127.0.0.1',
    `ApiToken=${scanToken}`,
    ...['[TFTP]', 'RunTrivialFTP=0', '[FTP]', 'RunFTP=0', '[HTTPS]', 'RunHTTPS=0'],
    ...['[HTTP]', 'HTTPPort=0', '[SNMP]', `Port=${snmpPort}`, 'TimeOut=0.2', 'Retries=1'],
    ...more,
    '',
  ];
  await plant(data, scanScripts);
  await plant(root, { 'b.ini': lines.join('\n') });
  return { config: path.join(root, 'b.ini'), data, folder: path.join(data, 'Scan'), statusPort };
}
