import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from './clients.ts';
import type { Got, Phone } from './phone-servers.ts';
import { runClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

/** A TFTP client that writes into a file and says what it was told. */
const program = (
  client: Client,
  args: (port: number, name: string) => readonly string[],
  says: Phone['says'],
): Phone => ({
  protocol: 'tftp',
  client,
  says,
  async get({ port }, name) {
    const cwd = await tempFolder();
    const got = path.join(cwd, 'got');
    const { stdout, stderr } = await runClient(client, args(port, name), { cwd });
    const bytes = await readFile(got).catch(() => undefined);
    await rm(got, { force: true });
    return told(`${stdout.toString()}${stderr}`) ?? bytes ?? 'failed';
  },
});

/** What a program prints of an error packet (RFC 1350 § 5), each in its own words. */
function told(text: string): Got | undefined {
  if (/not found|\(1\)|error code 1:/i.test(text)) return 'not found';
  if (/access|\(2\)|error code 2:/i.test(text)) return 'refused';
  return /error|timed? ?out|\(\d\)/i.test(text) ? 'failed' : undefined;
}

/** Each asks as its stack does; none is a library of ours. */
export const tftpPrograms: readonly Phone[] = [
  // Splits its line at blanks, and takes what stands before a colon for a host.
  program(
    'tftp',
    (port, name) => ['-m', 'binary', '127.0.0.1', String(port), '-c', 'get', name, 'got'],
    (name) => !/[\s:]/.test(name),
  ),
  program(
    'atftp',
    (port, name) => ['--get', '-r', name, '-l', 'got', '127.0.0.1', String(port)],
    () => true,
  ),
  program(
    'busybox',
    (port, name) => ['tftp', '-g', '-r', name, '-l', 'got', '127.0.0.1', String(port)],
    () => true,
  ),
];
