import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tftpFetch } from '#libs/tftp';
import { transports } from '../support/tftp-branch.ts';
import { TftpClient } from '../support/tftp-client.ts';

describe.each(transports)('$transport', ({ tftpBranch }) => {
  const datagrams = fc.sample(
    fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 598 }))
      .map(([opcode, bytes]) =>
        opcode > 6 ? Buffer.from(bytes) : Buffer.concat([Buffer.from([0, opcode]), bytes]),
      ),
    4000,
  );

  it.each(['any', 'request port'] as const)(
    'goes on serving while datagrams of 0 to 600 random bytes come in (data ports: %s)',
    async (dataPorts) => {
      const file = Buffer.alloc(50_000, 1);
      const branch = await tftpBranch({ 'a.bin': file }, { dataPorts });
      const phone = await TftpClient.open();
      phone.ask('a.bin', branch.port, { tsize: '0' });
      const { from } = await phone.next();
      const garbage = createSocket('udp4');
      garbage.bind(0, '127.0.0.1');
      await once(garbage, 'listening');
      onTestFinished(() => {
        garbage.close();
      });
      for (const [n, datagram] of datagrams.entries()) {
        garbage.send(datagram, n % 2 === 0 ? branch.port : from, '127.0.0.1');
        if (n % 100 === 0) {
          const fetched = await tftpFetch('127.0.0.1', branch.port, 'a.bin', { blksize: 1428 });
          expect(fetched.equals(file)).toBe(true);
        }
      }
      phone.ack(0, from);
      const answers = await phone.until(({ packet }) => packet.kind === 'data');
      expect(answers.at(-1)?.packet).toMatchObject({ kind: 'data', block: 1 });
    },
  );
});
