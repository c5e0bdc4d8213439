import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePacket, encodePacket, tftpFetch, type Packet } from '#libs/tftp';
import { tftpBranch } from '../support/tftp-branch.ts';

/** A server that answers each packet with what the test says, from one port. */
async function scripted(
  answer: (packet: Packet, n: number, peer: number) => readonly Packet[],
): Promise<number> {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (datagram, { port, address }) => {
    for (const packet of answer(decodePacket(datagram), count++, port)) {
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

const oack = (options: Record<string, string>): Packet => ({
  kind: 'oack',
  options: new Map(Object.entries(options)),
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
    const options = { silenceMs: 20 };
    await expect(tftpFetch('127.0.0.1', port, 'a', options)).rejects.toMatchObject({ code });
  });

  it.each<[string, Packet]>([
    ['a later block', data(7, 512)],
    ['a last block of another size', data(1, 900)],
    ['an agreement on options that it did not ask for', oack({ blksize: '1428', tsize: '900' })],
    ['an acknowledgement', { kind: 'ack', block: 3 }],
    ['an unknown transfer', { kind: 'error', code: 5, message: 'Unknown transfer ID' }],
  ])('waits for its own answer when its port is sent %s', async (_what, stale) => {
    const told: Packet[] = [];
    const other = createSocket('udp4');
    onTestFinished(() => {
      other.close();
    });
    other.on('message', (datagram) => {
      told.push(decodePacket(datagram));
    });
    // The server answers what comes second, so that the other transfer's packet is there first.
    const port = await scripted((packet, n, peer) => {
      if (n === 0) other.send(encodePacket(stale), peer, '127.0.0.1');
      if (packet.kind === 'read') return n === 0 ? [] : [data(1, 512)];
      return [data(2, 3)];
    });
    expect(await tftpFetch('127.0.0.1', port, 'a', { silenceMs: 50 })).toHaveLength(515);
    expect(told.filter(({ kind }) => kind !== 'error')).toEqual([]);
  });

  it('takes a smaller block than it asked for, and no larger one', async () => {
    const heard: string[] = [];
    const port = await scripted((packet, n) => {
      heard.push(packet.kind);
      if (n === 0) return [oack({ blksize: '1429' })];
      if (packet.kind === 'read') return [oack({ blksize: '600' })];
      return packet.kind === 'ack' ? [data(1, 599)] : [];
    });
    const options = { blksize: 1428, silenceMs: 50 };
    expect(await tftpFetch('127.0.0.1', port, 'a', options)).toHaveLength(599);
    expect(heard.slice(0, 3)).toEqual(['read', 'read', 'ack']);
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
