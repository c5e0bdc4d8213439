import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { debianProgram } from '../bench/support/debian-program.ts';
import { accepts, RunningPeer } from '../bench/support/running-peer.ts';
import type { Pair } from './phone-certificate.ts';
import { tempFolder } from './temp-folder.ts';

const host = '127.0.0.1';
const daemon = 1;

/** crypt(3) of the password `secret`. */
const hashOfSecret =
  '$6$branchline$rTEtelN4j29PyFO4F5vm6qIUQ2xPrcRNi.PmhqFtmlNU6bz6tXPzNGmRGDzQgjZY6B.G4VXWyKWVyW9aN.esr.';

const run = promisify(execFile);

/** Unpacked, not installed: no service of it starts. Undefined where it cannot be got or run. */
export const vsftpd =
  process.getuid?.() === 0 ? await debianProgram('vsftpd').catch(() => undefined) : undefined;

export const pureFtpd =
  process.getuid?.() === 0 ? await debianProgram('pure-ftpd').catch(() => undefined) : undefined;

export interface CustomerServer {
  readonly port: number;
  /** On this machine: the folder `inbox` there. */
  readonly inbox: string;
}

/** A customer's server of which the folder `inbox` may be written by the user `ftp` with the password `secret`. */
export async function startCustomerServer(
  more: readonly string[] = [],
  pair?: Pair,
): Promise<CustomerServer> {
  if (vsftpd === undefined) throw new Error('there is no vsftpd');
  const root = await tempFolder();
  await chmod(root, 0o755);
  const inbox = path.join(root, 'files', 'inbox');
  const empty = path.join(root, 'empty');
  const passwords = path.join(root, 'passwords');
  const config = path.join(root, 'vsftpd.conf');
  const certificate = path.join(root, 'pair.pem');
  await mkdir(inbox, { recursive: true });
  await mkdir(empty);
  await chown(inbox, daemon, daemon);
  await writeFile(passwords, 'secret\n');
  if (pair !== undefined) await writeFile(certificate, `${pair.key}\n${pair.cert}`);
  const port = await freeTcpPort();
  const lines = [
    ...['listen=YES', `listen_address=${host}`, `listen_port=${port}`, 'background=NO'],
    ...['anonymous_enable=YES', `anon_root=${path.dirname(inbox)}`, 'ftp_username=daemon'],
    ...['secure_email_list_enable=YES', `email_password_file=${passwords}`],
    ...['write_enable=YES', 'anon_upload_enable=YES', 'anon_other_write_enable=YES'],
    ...['delay_failed_login=0', `secure_chroot_dir=${empty}`, 'xferlog_enable=NO'],
    ...(pair === undefined
      ? []
      : [
          ...['ssl_enable=YES', 'allow_anon_ssl=YES', 'force_anon_logins_ssl=YES'],
          ...['force_anon_data_ssl=YES', `rsa_cert_file=${certificate}`],
        ]),
    ...more,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const { program, env } = vsftpd;
  const ready = (): Promise<boolean> => accepts(port, host);
  const server = await RunningPeer.start({ program, args: [config], env, ready });
  onTestFinished(() => server.stop());
  return { port, inbox };
}

/** As `startCustomerServer`, of another maker: users of its own, in a file. */
export async function startPureServer(pair?: Pair): Promise<CustomerServer> {
  if (pureFtpd === undefined) throw new Error('there is no pure-ftpd');
  const root = await tempFolder();
  await chmod(root, 0o755);
  const files = path.join(root, 'files');
  const inbox = path.join(files, 'inbox');
  const users = path.join(root, 'users.pdb');
  const certificate = path.join(root, 'pair.pem');
  await mkdir(inbox, { recursive: true });
  await chown(inbox, daemon, daemon);
  if (pair !== undefined) await writeFile(certificate, `${pair.key}\n${pair.cert}`);
  const { folder, program, env } = pureFtpd;
  // The program's own way to hash takes four seconds, and as long again for each log-in.
  const account = ['ftp', hashOfSecret, daemon, daemon, '', `${files}/./`, ...Array<string>(12)];
  await writeFile(path.join(root, 'users'), `${account.join(':')}\n`);
  const pw = path.join(folder, 'usr/bin/pure-pw');
  await run(pw, ['mkdb', users, '-f', path.join(root, 'users')], {
    env: { ...process.env, ...env },
  });
  const port = await freeTcpPort();
  const args = [
    ...['-S', `${host},${port}`, '-H', '-E', '-u', String(daemon), '-l', `puredb:${users}`],
    ...['-g', path.join(root, 'pid')],
    ...(pair === undefined ? [] : ['-Y', '2', '-2', certificate]),
  ];
  const ready = (): Promise<boolean> => accepts(port, host);
  const server = await RunningPeer.start({ program, args, env, ready });
  onTestFinished(() => server.stop());
  return { port, inbox };
}
