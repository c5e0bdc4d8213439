import { expect, it } from 'vitest';
import { negotiate } from '../../libs/tftp/negotiate.ts';

const limits = { blockSize: 65_464, windowSize: 32 };
const agree = (asked: Record<string, string>, size = 1234) =>
  negotiate(new Map(Object.entries(asked)), size, limits);

it('acknowledges nothing when nothing is asked', () => {
  expect(agree({})).toEqual({
    blockSize: 512,
    windowSize: 1,
    timeoutMs: undefined,
    rollover: 0,
    acknowledged: new Map(),
  });
});

it('agrees to what a phone asks, in its order', () => {
  const agreed = agree({
    tsize: '0',
    blksize: '1428',
    timeout: '3',
    windowsize: '16',
    rollover: '1',
  });
  expect(agreed).toMatchObject({ blockSize: 1428, windowSize: 16, timeoutMs: 3000, rollover: 1 });
  expect([...agreed.acknowledged]).toEqual([
    ['tsize', '1234'],
    ['blksize', '1428'],
    ['timeout', '3'],
    ['windowsize', '16'],
    ['rollover', '1'],
  ]);
});

it.each([
  ['blksize', '65465', '65464'],
  ['blksize', '999999999', '65464'],
  ['blksize', '8', '8'],
  ['windowsize', '65535', '32'],
])('%s %s becomes %s', (name, asked, agreed) => {
  expect(agree({ [name]: asked }).acknowledged.get(name)).toBe(agreed);
});

it.each([
  ['blksize', '7'],
  ['blksize', '-1428'],
  ['blksize', '1428.5'],
  ['blksize', '0x100'],
  ['blksize', ''],
  ['blksize', '1'.repeat(40)],
  ['timeout', '0'],
  ['timeout', '256'],
  ['windowsize', '0'],
  ['tsize', 'big'],
  ['rollover', '2'],
  ['multicast', ''],
  ['__proto__', '1'],
])('leaves out %s %j', (name, value) => {
  const agreed = negotiate(new Map([[name, value]]), 1234, limits);
  expect(agreed).toEqual(agree({}));
});

it('says nothing about the size of an empty file', () => {
  expect(agree({ tsize: '0' }, 0).acknowledged.size).toBe(0);
});
