import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePacket, encodePacket, tftpFetch, type Packet } from '#libs/tftp';
import { tftpBranch } from '../support/tftp-branch.ts';

/** A server that answers each packet with what the test says, from one port. */
async function scripted(answer: (packet: Packet, n: number) => readonly Packet[]): Promise<number> {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (datagram, { port, address }) => {
    for (const packet of answer(decodePacket(datagram), count++)) {
      socket.send(encodePacket(packet), port, address);
    }
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return socket.address().port;
}

const data = (block: number, length: number): Packet => ({
  kind: 'data',
  block,
  bytes: Buffer.alloc(length),
});

describe('fetching as a telephone', () => {
  it('says that there is no such file', async () => {
    const { port } = await tftpBranch({});
    await expect(tftpFetch('127.0.0.1', port, 'a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes a name for the host', async () => {
    const { port } = await tftpBranch({ a: 'a' }, { address: ['127.0.0.1'] });
    const fetched = await tftpFetch('localhost', port, 'a', { silenceMs: 300 }).catch(() =>
      // Where localhost means ::1 first, nobody answers there.
      tftpFetch('127.0.0.1', port, 'a'),
    );
    expect(String(fetched)).toBe('a');
  });

  it('gives up on a server that is silent', async () => {
    let asked = 0;
    const port = await scripted(() => {
      asked += 1;
      return [];
    });
    const options = { silenceMs: 20, repeats: 3 };
    await expect(tftpFetch('127.0.0.1', port, 'a', options)).rejects.toMatchObject({
      code: 'PEER_TOO_SLOW',
    });
    expect(asked).toBe(4);
  });

  it('asks again for what was lost', async () => {
    const port = await scripted((packet, n) => {
      if (n === 0) return [];
      if (packet.kind === 'read') return [data(1, 512)];
      return n === 2 ? [] : [data(2, 0)];
    });
    expect(await tftpFetch('127.0.0.1', port, 'a', { silenceMs: 20 })).toHaveLength(512);
  });

  it.each<[string, Packet, string]>([
    ['refuses', { kind: 'error', code: 2, message: 'no' }, 'PEER_REFUSED'],
    ['sends larger blocks than agreed', data(1, 513), 'PEER_ANSWER_INVALID'],
    ['acknowledges', { kind: 'ack', block: 0 }, 'PEER_ANSWER_INVALID'],
  ])('ends when the server %s', async (_what, packet, code) => {
    const port = await scripted(() => [packet]);
    await expect(tftpFetch('127.0.0.1', port, 'a')).rejects.toMatchObject({ code });
  });

  it('holds no more bytes than it was told', async () => {
    const { port } = await tftpBranch({ a: Buffer.alloc(2000) });
    await expect(tftpFetch('127.0.0.1', port, 'a', { maxBytes: 1000 })).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE',
    });
  });

  it('ends with the signal', async () => {
    const port = await scripted(() => []);
    const reason = new Error('enough');
    const controller = new AbortController();
    const fetching = tftpFetch('127.0.0.1', port, 'a', { signal: controller.signal });
    controller.abort(reason);
    await expect(fetching).rejects.toBe(reason);
    await expect(tftpFetch('127.0.0.1', port, 'a', { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });

  it('says that the host has no address', async () => {
    await expect(tftpFetch('no such host', 69, 'a')).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
  });
});
