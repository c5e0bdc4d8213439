import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tftpFetch } from '#libs/tftp';
import { transports } from '../support/tftp-branch.ts';
import { openRelay, type Script } from '../support/udp-relay.ts';

describe.each(transports)('$transport', ({ tftpBranch }) => {
  const ways = [
    { way: 'lock-step', file: randomBytes(60_000), options: { blksize: 1428 } },
    {
      way: 'windows of 16',
      file: randomBytes(200_000),
      options: { blksize: 1428, windowsize: 16 },
    },
  ];

  /** How often the server sent each block through a network with this script. */
  async function fetchThrough(
    file: Buffer,
    script: Script,
    options: { blksize: number; windowsize?: number },
  ) {
    const { port } = await tftpBranch({ 'a.bin': file });
    const sent = new Map<number, number>();
    const relay = await openRelay(port, (direction, datagram, index) => {
      if (direction === 'to phone' && datagram.readUInt16BE(0) === 3) {
        const block = datagram.readUInt16BE(2);
        sent.set(block, (sent.get(block) ?? 0) + 1);
      }
      return script(direction, datagram, index);
    });
    const fetched = await tftpFetch('127.0.0.1', relay.port, 'a.bin', options);
    const packets = [...sent.values()].reduce((sum, times) => sum + times, 0);
    return { whole: fetched.equals(file), packets, blocks: sent.size };
  }

  describe.each(ways)('$way', ({ file, options }) => {
    it.each<[string, Script]>([
      [
        'each 20th packet from the server lost',
        (to, _d, n) => (to === 'to phone' && n % 20 === 7 ? 'drop' : 'pass'),
      ],
      [
        'each 10th packet from the phone lost',
        (to, _d, n) => (to === 'to server' && n % 10 === 3 ? 'drop' : 'pass'),
      ],
      ['the first answer lost', (to, _d, n) => (to === 'to phone' && n === 0 ? 'drop' : 'pass')],
      [
        'each 15th packet reordered',
        (to, _d, n) => (to === 'to phone' && n % 15 === 4 ? 'hold' : 'pass'),
      ],
    ])('survives %s', async (_what, script) => {
      expect((await fetchThrough(file, script, options)).whole).toBe(true);
    });

    it('does not multiply when every acknowledgement is doubled', async () => {
      const { whole, packets, blocks } = await fetchThrough(
        file,
        (to) => (to === 'to server' ? 'twice' : 'pass'),
        options,
      );
      expect(whole).toBe(true);
      // A doubled base may restart a window once; it must never answer each copy.
      expect(packets).toBeLessThanOrEqual(options.windowsize === undefined ? blocks : 2 * blocks);
    });

    it('does not multiply when every packet both ways is doubled', async () => {
      const { whole, packets, blocks } = await fetchThrough(file, () => 'twice', options);
      expect(whole).toBe(true);
      expect(packets).toBeLessThanOrEqual(options.windowsize === undefined ? blocks : 3 * blocks);
    });
  });

  it('recovers from a lost block well within a second', async () => {
    const begun = performance.now();
    await fetchThrough(
      randomBytes(100_000),
      (to, _d, n) => (to === 'to phone' && n === 50 ? 'drop' : 'pass'),
      {
        blksize: 1428,
      },
    );
    expect(performance.now() - begun).toBeLessThan(900);
  });
});
