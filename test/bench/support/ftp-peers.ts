import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { freeTcpPort } from '../../../apps/demo/free-port.ts';
import { branchline } from '../../support/launched-server.ts';
import { compiled } from './compiled.ts';
import { debianProgram } from './debian-program.ts';
import { accepts, pinned, RunningPeer, type PeerCommand } from './running-peer.ts';

/** An FTP server on the first processor, whose files lie in a folder. */
export interface FtpPeer {
  readonly title: string;
  readonly port: number;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const serverCpu = 0;
const loadCpu = 1;
const run = promisify(execFile);
const limitMs = 300_000;

const start = async (
  title: string,
  port: number,
  command: Omit<PeerCommand, 'ready' | 'cpu'>,
): Promise<FtpPeer> => {
  const ready = (): Promise<boolean> => accepts(port, host);
  const peer = await RunningPeer.start({ ...command, cpu: serverCpu, ready });
  return { title, port, stop: () => peer.stop() };
};

/** vsftpd as its package has it, for anonymous clients, without a log. */
export async function startVsftpd(folder: string, state: string): Promise<FtpPeer> {
  const { title, program, env } = await debianProgram('vsftpd');
  const port = await freeTcpPort();
  const empty = path.join(state, 'empty');
  const config = path.join(state, 'vsftpd.conf');
  await mkdir(empty, { recursive: true });
  const lines = [
    ...['listen=YES', `listen_address=${host}`, `listen_port=${port}`, 'background=NO'],
    ...[
      'anonymous_enable=YES',
      'no_anon_password=NO',
      `anon_root=${folder}`,
      'ftp_username=daemon',
    ],
    ...[`secure_chroot_dir=${empty}`, 'xferlog_enable=NO', 'max_clients=0', 'max_per_ip=0'],
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return await start(title, port, { program, args: [config], env });
}

/** pure-ftpd for anonymous clients; it looks for the user `ftp`, which it alone sees, in a mount namespace. */
export async function startPureFtpd(folder: string, state: string): Promise<FtpPeer> {
  const { title, program, env } = await debianProgram('pure-ftpd');
  const port = await freeTcpPort();
  const passwd = path.join(state, 'passwd');
  const users = ['root:x:0:0::/root:/bin/sh', `ftp:x:65534:65534::${folder}:/usr/sbin/nologin`];
  await writeFile(passwd, `${users.join('\n')}\n`);
  const args = ['-e', '-H', '-c', '400', '-C', '400', '-S', `${host},${port}`, '-i', '-k', '99'];
  const script = `mount --bind '${passwd}' /etc/passwd && exec "$0" "$@"`;
  const inNamespace = ['--mount', 'sh', '-c', script, program, ...args];
  return await start(title, port, { program: 'unshare', args: inNamespace, env });
}

/** Our own server as an operator runs it, with its log thrown away, without the ports that are not asked. */
export async function startOurs(
  folder: string,
  state: string,
  snmp: readonly string[] = ['UseSNMP=0'],
): Promise<FtpPeer> {
  const port = await freeTcpPort();
  const own = await mkdtemp(path.join(state, 'ours-'));
  const config = path.join(own, 'MV_IPTel.ini');
  const lines = [
    ...['[Settings]', `DataDir=${path.join(own, 'data')}`, `BindAddress=${host}`, 'RunStatus=0'],
    ...['[FTP]', `FTPPort=${port}`, `FTPDir=${folder}`, '[SNMP]', ...snmp],
    ...['[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'RunHTTP=0', '[HTTPS]', 'RunHTTPS=0'],
  ];
  await writeFile(config, lines.join('\n'));
  const args = ['serve', '--config', config];
  return await start('branchline', port, { program: branchline, args, silent: true });
}

const loadReport = Type.Object({
  done: Type.Integer(),
  failed: Type.Integer(),
  seconds: Type.Number(),
  /** Share of its processor that the generator used: close to 1 it is the limit, not the server. */
  busy: Type.Number(),
  perS: Type.Number(),
  mibPerS: Type.Number(),
});
export type FtpLoadReport = Static<typeof loadReport>;

export interface FtpLoad {
  readonly file: string;
  /** Bytes of that file. */
  readonly size: number;
  readonly sessions: number;
  /** Downloads, all sessions together. */
  readonly total: number;
  /** Log in and out for every download. */
  readonly each?: boolean;
  /** With `each`: logins come from so many addresses in turn, 127.12.0.1 and on. */
  readonly phones?: number;
}

/** One run of many clients on a processor of their own. @throws when one download failed. */
export async function ftpLoad(port: number, load: FtpLoad): Promise<FtpLoadReport> {
  const { each = false, ...plain } = load;
  const options = Object.entries({ host, port, ...plain });
  const args = options.flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = await compiled('ftp-load.c', ['-pthread']);
  const line = pinned(loadCpu, [program, ...args, ...(each ? ['--each'] : [])]);
  const { stdout } = await run(line[0] ?? '', line.slice(1), { timeout: limitMs });
  const report = Value.Parse(loadReport, JSON.parse(stdout));
  if (report.failed > 0) throw new Error(`${report.failed} downloads failed: ${stdout}`);
  return report;
}
