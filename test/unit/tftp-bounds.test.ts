import { describe, expect, it } from 'vitest';
import { loggerInto, RareLog } from '#libs/observe';
import { BlockCollector } from '../../libs/tftp/block-collector.ts';
import { AddressTally } from '../../libs/tftp/address-tally.ts';

describe('a tally by address', () => {
  it('admits so many for an address, and one more for each that is settled', () => {
    const tally = new AddressTally(2);
    expect([1, 2, 3].map(() => tally.admit('192.0.2.1'))).toEqual([true, true, false]);
    expect(tally.admit('192.0.2.2')).toBe(true);
    tally.settle('192.0.2.1');
    expect(tally.admit('192.0.2.1')).toBe(true);
    expect(tally.admit('192.0.2.1')).toBe(false);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1'])(
    'lets %s through, which nobody can forge',
    (address) => {
      const tally = new AddressTally(0);
      expect(tally.admit(address)).toBe(true);
    },
  );

  it('is not taken in by a name that looks like loopback', () => {
    expect(new AddressTally(0).admit('127.evil.example')).toBe(false);
  });
});

describe('rare log', () => {
  it('writes a kind once in ten seconds, with the number of times', () => {
    const lines: string[] = [];
    let now = 0;
    const log = loggerInto('warn', { write: (line: string) => void lines.push(line) });
    const rare = new RareLog(log, () => now);
    for (let n = 0; n < 100; n += 1) rare.warn('malformed', {});
    rare.warn('other', {});
    expect(lines).toHaveLength(2);
    now = 10_000;
    rare.warn('malformed', {});
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ msg: 'malformed', times: 100 });
  });
});

describe('block collector', () => {
  const block = Buffer.alloc(8);

  it('acknowledges each block and finishes with a short one', () => {
    const collector = new BlockCollector(8, 1, 100);
    expect(collector.take(1, block)).toEqual({ kind: 'ack', block: 1 });
    expect(collector.take(2, block.subarray(3))).toEqual({ kind: 'done', block: 2 });
    expect(collector.bytes()).toHaveLength(13);
  });

  it('acknowledges again only the block that it acknowledged last', () => {
    const collector = new BlockCollector(8, 4, 100);
    for (let n = 1; n < 4; n += 1) expect(collector.take(n, block)).toEqual({ kind: 'quiet' });
    expect(collector.take(4, block)).toEqual({ kind: 'ack', block: 4 });
    expect(collector.take(3, block)).toEqual({ kind: 'quiet' });
    expect(collector.take(4, block)).toEqual({ kind: 'ack', block: 4 });
  });

  it('reports a gap once', () => {
    const collector = new BlockCollector(8, 4, 100);
    collector.take(1, block);
    expect(collector.take(3, block)).toEqual({ kind: 'ack', block: 1 });
    expect(collector.take(4, block)).toEqual({ kind: 'quiet' });
    expect(collector.take(2, block)).toEqual({ kind: 'quiet' });
  });

  it.each([
    ['a block larger than agreed', 9, 'PEER_ANSWER_INVALID'],
    ['more bytes than it may hold', 8, 'FILE_TOO_LARGE'],
  ])('refuses %s', (_what, length, code) => {
    const collector = new BlockCollector(8, 1, 7);
    expect(() => collector.take(1, Buffer.alloc(length))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
