import { once } from 'node:events';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { expect, it } from 'vitest';
import { makePhoneCertificate } from '../support/phone-certificate.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Rig {
  readonly folder: string;
  readonly server: ServerProcess;
  /** By the name of the listener. */
  readonly ports: ReadonlyMap<string, number>;
}

/** `branchline serve` with HTTPS alone; IPTel=1 gives the first port to old telephones. */
async function serving(): Promise<Rig> {
  const folder = await tempFolder();
  const config = path.join(folder, 'MV_IPTel.ini');
  const lines = [
    '[Settings]',
    ...[`DataDir=${folder}/data`, 'BindAddress=127.0.0.1', 'StatusPort=0'],
    `LogFile=${folder}/branchline.log`,
    ...['[TFTP]', 'RunTrivialFTP=0', '[FTP]', 'RunFTP=0', '[HTTP]', 'RunHTTP=0'],
    ...['[HTTPS]', 'RunHTTPS=1', 'HTTPSPort=0,0', 'IPTel=1', '[MANAGER]', 'ManagerPort=0'],
  ];
  await writeFile(config, lines.join('\n'));
  const server = await ServerProcess.start(config);
  const ready = await server.logged(({ msg }) => msg === 'ready');
  const listeners = ready['listeners'] as { name: string; port: number }[];
  return { folder, server, ports: new Map(listeners.map(({ name, port }) => [name, port])) };
}

async function shown(port: number, options: ConnectionOptions = {}) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
  const { name } = socket.getCipher();
  socket.destroy();
  return { fingerprint256, name };
}

const rsa: ConnectionOptions = { ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' };
const nullSha: ConnectionOptions = {
  ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'NULL-SHA:@SECLEVEL=0' },
};

it('serves both generations, and takes new certificates and a new log file by SIGHUP', async () => {
  const { folder, server, ports } = await serving();
  const [modern = 0, old = 0] = [ports.get('HTTPS'), ports.get('HTTPS for old telephones')];
  expect((await shown(old, nullSha)).name).toBe('NULL-SHA');
  await expect(shown(modern, nullSha)).rejects.toHaveProperty('code');
  const before = await shown(modern, rsa);
  expect(before.name).toBe('AES128-SHA');
  expect(before).not.toEqual(await shown(modern));

  const status = await statusOf(ports.get('Status') ?? 0);
  expect(status.certificates.map(({ name }) => name)).toEqual([
    'telephones (RSA)',
    'telephones (ECDSA)',
  ]);
  expect(status.warnings).toContainEqual(expect.stringMatching(/IPTel: .*without encryption/));
  expect(server.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', warning: expect.stringMatching(/IPTel/) as string }),
  );

  const log = path.join(folder, 'branchline.log');
  await rename(log, `${log}.1`);
  const { cert, key } = await makePhoneCertificate();
  await writeFile(path.join(folder, 'certs/phones/key.pem'), key);
  await writeFile(path.join(folder, 'certs/phones/certificate.pem'), cert);
  process.kill(server.pid, 'SIGHUP');
  await server.logged(({ msg }) => msg === 'certificates for telephones changed');
  expect(await shown(modern, rsa)).not.toEqual(before);
  expect((await shown(old, nullSha)).fingerprint256).toBe(
    (await shown(modern, rsa)).fingerprint256,
  );
  await expect.poll(() => readFile(log, 'utf8').catch(() => '')).toContain('telephones changed');
  expect((await stat(path.join(folder, 'state/phone-tickets.key'))).mode & 0o777).toBe(0o600);

  await writeFile(path.join(folder, 'certs/phones/key.pem'), 'half of it');
  process.kill(server.pid, 'SIGHUP');
  await server.logged(({ msg }) => msg === 'the old certificates for telephones stay in use');
  await expect
    .poll(async () => (await statusOf(ports.get('Status') ?? 0)).warnings[0])
    .toContain('certs/phones/key.pem');
  expect(await server.stop()).toBe(0);
});

async function statusOf(
  port: number,
): Promise<{ certificates: { name: string }[]; warnings: string[] }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/status`);
  return (await response.json()) as { certificates: { name: string }[]; warnings: string[] };
}
