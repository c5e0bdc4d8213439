import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { findClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';
import { freeUdpPort } from './free-udp-port.ts';

/**
 * Debian's snmpd on a loopback address, in the foreground, with nothing of the machine's own configuration; ended with the
 * test. `lines` are those of snmpd.conf(5).
 */
export async function startSnmpd(
  lines: readonly string[],
  address = '127.0.0.1',
  wanted?: number,
): Promise<{ port: number }> {
  const program = findClient('snmpd');
  if (program === undefined) throw new Error('snmpd is not installed');
  const folder = await tempFolder();
  const port = wanted ?? (await freeUdpPort(address));
  const conf = path.join(folder, 'snmpd.conf');
  await writeFile(conf, lines.join('\n') + '\n');
  const args = ['-f', '-Lo', '-C', '-c', conf, '-I', '-smux', `udp:${address}:${port}`];
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], SNMP_PERSISTENT_DIR: folder, MIBS: '', SNMPCONFPATH: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('NET-SNMP version')) resolve(undefined);
    });
  }
  child.once('exit', () => {
    reject(new Error(`snmpd ended: ${said}`));
  });
  await promise;
  return { port };
}
