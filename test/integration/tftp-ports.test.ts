import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tftpFetch } from '#libs/tftp';
import { transports } from '../support/tftp-branch.ts';
import { TftpClient } from '../support/tftp-client.ts';

describe.each(transports)('$transport', ({ tftpBranch }) => {
  const files = { a: Buffer.alloc(3000, 7) };
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address === '::1');

  /** A port that nobody has at the moment, and a socket on it if asked. */
  async function somePort(keep: boolean): Promise<number> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    if (keep) {
      onTestFinished(() => {
        socket.close();
      });
    } else {
      socket.close();
      await once(socket, 'close');
    }
    return port;
  }

  describe('single port', () => {
    it('answers from the port that was asked, to several phones at once', async () => {
      const { port } = await tftpBranch(files, { dataPorts: 'request port' });
      const phone = await TftpClient.open();
      phone.ask('a', port);
      expect((await phone.next()).from).toBe(port);
      const fetched = await Promise.all(
        Array.from({ length: 20 }, () => tftpFetch('127.0.0.1', port, 'a', { windowsize: 4 })),
      );
      expect(fetched.every((bytes) => bytes.equals(files.a))).toBe(true);
      phone.ask('nothing', port);
      expect(await phone.next()).toMatchObject({ packet: { kind: 'error', code: 1 }, from: port });
    });

    it('tells a stranger, and serves its next request', async () => {
      const { port } = await tftpBranch(files, { dataPorts: 'request port' });
      const phone = await TftpClient.open();
      phone.ack(1, port);
      expect((await phone.next()).packet).toMatchObject({ kind: 'error', code: 5 });
      phone.ask('a', port);
      expect((await phone.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    });
  });

  describe('a range of data ports', () => {
    it('is kept to, and ports of others in it are passed over', async () => {
      const taken = await somePort(true);
      const range = { from: taken, to: Math.min(taken + 3, 65_535) };
      const { port } = await tftpBranch(files, { dataPorts: range });
      const froms = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const phone = await TftpClient.open();
          phone.ask('a', port);
          return (await phone.next()).from;
        }),
      );
      expect(froms.every((from) => from > taken && from <= range.to)).toBe(true);
    });

    it('of nothing but taken ports is an error that names it', async () => {
      const taken = await somePort(true);
      const opening = tftpBranch(files, { dataPorts: { from: taken, to: taken } });
      await expect(opening).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
      await expect(opening).rejects.toThrow(String(taken));
    });
  });

  describe('several addresses', () => {
    it('answers from the address that was asked', async () => {
      const port = await somePort(false);
      await tftpBranch(files, { address: ['127.0.0.1', '127.0.0.2'], port });
      for (const host of ['127.0.0.1', '127.0.0.2']) {
        const phone = createSocket('udp4');
        onTestFinished(() => {
          phone.close();
        });
        phone.send(Buffer.from('\0\x01a\0octet\0'), port, host);
        const [, from] = (await once(phone, 'message')) as [Buffer, { address: string }];
        expect(from.address).toBe(host);
      }
    });

    it.skipIf(!hasIpv6)('serves IPv6', async () => {
      const branch = await tftpBranch(files, { address: '::1' });
      expect((await tftpFetch('::1', branch.port, 'a')).equals(files.a)).toBe(true);
      expect(await branch.ended(1)).toMatchObject([{ address: '::1' }]);
    });

    it.skipIf(!hasIpv6)(
      'serves both families on one socket, and names IPv4 phones as such',
      async () => {
        const branch = await tftpBranch(files, { address: '::' });
        expect((await tftpFetch('127.0.0.1', branch.port, 'a')).equals(files.a)).toBe(true);
        expect((await tftpFetch('::1', branch.port, 'a')).equals(files.a)).toBe(true);
        expect(await branch.ended(2)).toMatchObject([{ address: '127.0.0.1' }, { address: '::1' }]);
      },
    );

    it.skipIf(!hasIpv6)('takes both wildcards side by side', async () => {
      const port = await somePort(false);
      const branch = await tftpBranch(files, { address: ['0.0.0.0', '::'], port });
      expect(branch.server.addresses()).toEqual([
        { address: '0.0.0.0', port },
        { address: '::', port },
      ]);
      expect((await tftpFetch('127.0.0.1', port, 'a')).equals(files.a)).toBe(true);
      expect((await tftpFetch('::1', port, 'a')).equals(files.a)).toBe(true);
    });
  });
});
