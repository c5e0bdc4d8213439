import path from 'node:path';
import { writeDurably, makeFolder } from '#libs/files';
import { freeTcpPort, freeUdpPort } from './free-port.ts';

/** One server of the demo: its folder and its ports, all on loopback. */
export interface DemoSite {
  readonly name: string;
  readonly folder: string;
  readonly config: string;
  readonly statusPort: number;
  readonly tftpPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Write the settings of one server as an operator would: high ports, everything in one folder. */
export async function demoSite(root: string, name: string, hub: boolean): Promise<DemoSite> {
  const folder = path.join(root, name);
  const config = path.join(folder, 'MV_IPTel.ini');
  const [statusPort, httpPort, httpsPort, tftpPort] = [
    await freeTcpPort(),
    await freeTcpPort(),
    await freeTcpPort(),
    await freeUdpPort(),
  ];
  const settings = [
    '[Settings]',
    `ServerName=${name}`,
    'BindAddress=127.0.0.1',
    `DataDir=${path.join(folder, 'data')}`,
    `StatusPort=${statusPort}`,
    '[FTP]',
    'RunFTP=0',
    '[TFTP]',
    `RunTrivialFTP=${hub ? 0 : 1}`,
    `TrivialFTPPort=${tftpPort}`,
    '[HTTP]',
    `RunHTTP=${hub ? 0 : 1}`,
    `HTTPPort=${httpPort}`,
    '[HTTPS]',
    `RunHTTPS=${hub ? 0 : 1}`,
    `HTTPSPort=${httpsPort}`,
    '[UPDATES]',
    'SettleSeconds=0.3',
    'ReserveMB=50',
    ...(hub
      ? [
          '[HUB]',
          'HubName=127.0.0.1',
          `HubPort=${await freeTcpPort()}`,
          `JoinPort=${await freeTcpPort()}`,
        ]
      : []),
  ];
  await makeFolder(folder);
  await writeDurably(config, `${settings.join('\n')}\n`);
  return { name, folder, config, statusPort, tftpPort, httpPort, httpsPort };
}

export const updatesOf = ({ folder }: DemoSite): string => path.join(folder, 'data', 'Updates');
