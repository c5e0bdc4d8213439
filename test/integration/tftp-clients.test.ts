import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../support/clients.ts';
import { hasClient, runClient, type ClientRun } from '../support/real-client.ts';
import { tempTree } from '../support/temp-tree.ts';
import { transports } from '../support/tftp-branch.ts';

describe.each(transports)('$transport', ({ tftpBranch }) => {
  type Get = (port: number, name: string, to: string) => Promise<ClientRun>;

  const host = '127.0.0.1';
  const atftp =
    (...options: string[]): Get =>
    (port, name, to) =>
      runClient('atftp', [
        ...options.flatMap((option) => ['--option', option]),
        ...['--get', '--remote-file', name, '--local-file', to, host, String(port)],
      ]);
  const curl =
    (...options: string[]): Get =>
    (port, name, to) =>
      runClient('curl', [
        ...['-sS', '--path-as-is', ...options, '-o', to, `tftp://${host}:${port}/${name}`],
      ]);

  const gets: [Client, string, Get][] = [
    ['curl', 'as it comes', curl()],
    ['curl', 'blksize 1428', curl('--tftp-blksize', '1428')],
    ['curl', 'no options', curl('--tftp-no-options')],
    ['atftp', 'as it comes', atftp()],
    ['atftp', 'blksize, tsize and timeout', atftp('blksize 1428', 'tsize', 'timeout 3')],
    ['atftp', 'windowsize 16', atftp('blksize 1428', 'windowsize 16')],
    [
      'tftp',
      'binary',
      (port, name, to) =>
        runClient('tftp', [host, String(port), '-m', 'binary', '-c', 'get', name, to]),
    ],
    [
      'busybox',
      'blksize 1428',
      (port, name, to) =>
        runClient('busybox', [
          'tftp',
          '-g',
          '-b',
          '1428',
          '-r',
          name,
          '-l',
          to,
          host,
          String(port),
        ]),
    ],
  ];

  describe.each(gets)('%s, %s', (client, _how, get) => {
    it.skipIf(!hasClient(client)).each([0, 511, 512, 1428, 3_000_000])(
      `gets %i bytes (${client})`,
      async (size) => {
        const bytes = randomBytes(size);
        const { port } = await tftpBranch({ 'firmware.bin': bytes });
        const to = path.join(await tempTree(), 'got');
        const { status, stderr } = await get(port, 'firmware.bin', to);
        expect([status, stderr]).toEqual([0, expect.any(String)]);
        // curl creates no file for an empty download.
        const got = await readFile(to).catch(() => Buffer.alloc(0));
        expect(got.equals(bytes)).toBe(true);
      },
    );

    it.skipIf(!hasClient(client))(`is told that there is no such file (${client})`, async () => {
      const branch = await tftpBranch({});
      const to = path.join(await tempTree(), 'got');
      await get(branch.port, 'nothing.bin', to);
      expect(await branch.ended(1)).toMatchObject([{ outcome: 'refused', code: 'NOT_FOUND' }]);
    });
  });

  it.skipIf(!hasClient('tftp'))('converts text both ways (tftp)', async () => {
    const text = 'SET A 1\nSET B "\r"\n';
    const { port } = await tftpBranch({ 'a.txt': text });
    const to = path.join(await tempTree(), 'got');
    await runClient('tftp', [host, String(port), '-m', 'ascii', '-c', 'get', 'a.txt', to]);
    expect(await readFile(to, 'utf8')).toBe(text);
  });

  it.skipIf(!hasClient('curl'))('carries more than 65535 blocks (curl)', async () => {
    const bytes = randomBytes(34 * 1024 * 1024);
    const { port } = await tftpBranch({ 'a.bin': bytes });
    const to = path.join(await tempTree(), 'got');
    expect((await curl('--tftp-blksize', '512')(port, 'a.bin', to)).status).toBe(0);
    expect((await readFile(to)).equals(bytes)).toBe(true);
  });

  it.skipIf(!hasClient('atftp'))('refuses to be written to (atftp)', async () => {
    const branch = await tftpBranch({});
    const from = path.join(await tempTree({ up: 'load' }), 'up');
    const args = ['--put', '--local-file', from, '--remote-file', 'up', host, String(branch.port)];
    await runClient('atftp', args);
    expect(await branch.ended(1)).toMatchObject([{ outcome: 'refused', code: 'WRITE_REFUSED' }]);
  });
});
