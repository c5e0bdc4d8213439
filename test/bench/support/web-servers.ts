import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freeTcpPort } from '../../../apps/demo/free-port.ts';
import { branchline } from '../../support/launched-server.ts';
import { debianProgram } from './debian-program.ts';
import { accepts, RunningPeer } from './running-peer.ts';

/** A web server in front of the same files by HTTP and HTTPS. */
export interface WebServer {
  readonly title: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of the process that answers. */
  readonly pid: number;
  /** Ours only: where its metrics are. */
  readonly statusPort?: number;
  stop(): Promise<void>;
}

/** Our server as it is installed, log lines of every request included, kept on one processor. */
export async function startOurs(folder: string, cpu: number): Promise<WebServer> {
  const [httpPort, httpsPort, statusPort] = [
    await freeTcpPort(),
    await freeTcpPort(),
    await freeTcpPort(),
  ];
  const config = path.join(folder, 'MV_IPTel.ini');
  const settings = [
    ...['[Settings]', `DataDir=${folder}/data`, 'BindAddress=127.0.0.1'],
    ...[`StatusPort=${statusPort}`, `LogFile=${folder}/branchline.log`],
    ...['[TFTP]', 'RunTrivialFTP=0', '[FTP]', 'RunFTP=0', '[HTTP]', `HTTPPort=${httpPort}`],
    ...['[HTTPS]', 'RunHTTPS=1', `HTTPSPort=${httpsPort}`],
  ];
  await writeFile(config, settings.join('\n'));
  const peer = await RunningPeer.start({
    program: branchline,
    args: ['serve', '--config', config],
    cpu,
    ready: () => accepts(statusPort),
  });
  const { pid } = peer;
  return { title: 'branchline', httpPort, httpsPort, statusPort, pid, stop: () => peer.stop() };
}

/** nginx with one worker, as Debian configures it (sendfile, access log), with our server's certificates. */
export async function startNginx(folder: string, cpu: number): Promise<WebServer> {
  const { title, program, env } = await debianProgram('nginx');
  const [httpPort, httpsPort] = [await freeTcpPort(), await freeTcpPort()];
  const home = path.join(folder, 'nginx');
  await mkdir(home);
  const certificates = path.join(folder, 'certs', 'phones');
  const spools = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
    worker_processes 1;
    daemon off;
    user root;
    pid ${home}/pid;
    error_log ${home}/error.log;
    events { worker_connections 4096; }
    http {
      ${spools.map((spool) => `${spool}_temp_path ${home}/${spool};`).join(' ')}
      access_log ${home}/access.log;
      sendfile on; tcp_nopush on;
      # More than its default of 1,000: the connections of this benchmark are kept.
      keepalive_requests 100000000;
      server { listen 127.0.0.1:${httpPort}; root ${folder}/data/HTTPdata; }
      server {
        listen 127.0.0.1:${httpsPort} ssl;
        root ${folder}/data/HTTPSdata;
        ssl_certificate ${certificates}/certificate.pem;
        ssl_certificate_key ${certificates}/key.pem;
        ssl_certificate ${certificates}/ecdsa-certificate.pem;
        ssl_certificate_key ${certificates}/ecdsa-key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_prefer_server_ciphers on;
      }
    }`;
  await writeFile(path.join(home, 'nginx.conf'), config);
  const peer = await RunningPeer.start({
    program,
    args: ['-p', home, '-c', path.join(home, 'nginx.conf')],
    env,
    cpu,
    ready: () => accepts(httpPort),
  });
  return { title, httpPort, httpsPort, pid: peer.pid, stop: () => peer.stop() };
}
