import { expect, it } from 'vitest';
import { absoluteBlock, wireBlock } from '../../libs/tftp/block-number.ts';

it.each([
  [1, 0, 1],
  [65_535, 0, 65_535],
  [65_536, 0, 0],
  [65_537, 0, 1],
  [131_072, 0, 0],
  [65_535, 1, 65_535],
  [65_536, 1, 1],
  [131_070, 1, 65_535],
  [131_071, 1, 1],
] as const)('block %i with roll-over to %i is number %i', (block, rollover, wire) => {
  expect(wireBlock(block, rollover)).toBe(wire);
});

it.each([0, 1] as const)('finds a block again from its number, roll-over to %i', (rollover) => {
  for (const from of [0, 1, 65_500, 65_535, 65_536, 131_070, 10_000_000_000]) {
    for (let block = from; block < from + 64; block += 1) {
      expect(absoluteBlock(wireBlock(block, rollover), from, rollover)).toBe(block);
    }
  }
});
