import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tftpFetch } from '#libs/tftp';
import { branchline } from '../../support/launched-server.ts';
import { compiled } from './compiled.ts';
import { debianProgram } from './debian-program.ts';
import { freeUdpPort } from '../../../apps/demo/free-port.ts';
import { ProcessorClock } from './processor-clock.ts';
import { RunningPeer } from './running-peer.ts';

/** A TFTP server on the first processor, whose files lie in a folder. */
export interface TftpPeer {
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** Processor time of the server and its children until now, in seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** dnsmasq knows no other TFTP port than 69, so it gets an address of its own. */
const dnsmasqAt = { host: '127.0.0.69', port: 69 };
/** More than any benchmark asks for; the packages' own limits would refuse most of a storm. */
const maxTransfers = 5_000;

export type PeerName = 'tftpd-hpa' | 'atftpd' | 'dnsmasq-base';

const argsOf: Record<PeerName, (folder: string, host: string, port: number) => string[]> = {
  'tftpd-hpa': (folder, host, port) => ['-L', '-a', `${host}:${port}`, '-u', 'root', '-s', folder],
  atftpd: (folder, host, port) => [
    ...['--daemon', '--no-fork', '--verbose=1', '--logfile', '/dev/null'],
    ...['--maxthread', String(maxTransfers), '--user', 'root', '--group', 'root'],
    ...['--bind-address', host, '--port', String(port), folder],
  ],
  'dnsmasq-base': (folder, host) => [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root'],
    ...['--port=0', '--enable-tftp', `--tftp-root=${folder}`, `--tftp-max=${maxTransfers}`],
    ...[
      `--listen-address=${host}`,
      '--bind-interfaces',
      `--log-facility=${path.join(folder, '..', 'dnsmasq.log')}`,
    ],
  ],
};

/** Start one of the Debian packages over `folder`. Like ours, dnsmasq logs each download; the others log nothing. */
export async function startTftpPeer(
  name: PeerName,
  folder: string,
  options: { readonly cpu: number; readonly largeBuffers?: boolean },
): Promise<TftpPeer> {
  const { cpu, largeBuffers = false } = options;
  const { title, program, ...debian } = await debianProgram(name);
  const preload = largeBuffers
    ? { LD_PRELOAD: await compiled('large-buffers.c', ['-shared', '-fPIC']) }
    : {};
  const env = { ...debian.env, ...preload };
  const at = name === 'dnsmasq-base' ? dnsmasqAt : { host: '127.0.0.1', port: await freeUdpPort() };
  const peer = await RunningPeer.start({
    ...{ program, env, cpu, args: argsOf[name](folder, at.host, at.port) },
    ready: () => answers(at),
  });
  return await measured(title, at, peer);
}

/** Our own server as an operator runs it, with its log thrown away, without the ports that are not asked. */
export async function startOurs(
  folder: string,
  options: { readonly cpu: number; readonly batching: boolean },
): Promise<TftpPeer> {
  const at = { host: '127.0.0.1', port: await freeUdpPort() };
  const state = await mkdtemp(path.join(folder, '..', 'state-'));
  const config = path.join(state, 'MV_IPTel.ini');
  const settings = [
    ...[
      '[Settings]',
      'LogFile=',
      `DataDir=${path.join(state, 'data')}`,
      'BindAddress=127.0.0.1',
      'RunStatus=0',
    ],
    ...[
      '[TFTP]',
      `TrivialFTPPort=${at.port}`,
      `TFTPDir=${folder}`,
      `Batching=${options.batching ? 1 : 0}`,
    ],
    ...['[HTTP]', 'RunHTTP=0', '[HTTPS]', 'RunHTTPS=0', '[FTP]', 'RunFTP=0'],
  ];
  await writeFile(config, settings.join('\n'));
  const title = options.batching ? 'branchline, batched' : 'branchline, plain';
  const args = ['serve', '--config', config];
  const peer = await RunningPeer.start({
    ...{ program: branchline, args, cpu: options.cpu, silent: true, ready: () => answers(at) },
  });
  return await measured(title, at, peer);
}

async function answers({ host, port }: { host: string; port: number }): Promise<boolean> {
  return (await tftpFetch(host, port, 'ready', { repeats: 0 })).toString() === 'ready';
}

async function measured(
  title: string,
  at: { host: string; port: number },
  peer: RunningPeer,
): Promise<TftpPeer> {
  const clock = await ProcessorClock.of(peer.pid);
  return {
    ...{ title, ...at },
    cpuSeconds: () => clock.seconds(),
    stop: async () => {
      await peer.stop();
      await clock.close();
    },
  };
}
