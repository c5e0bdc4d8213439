import { expect, it } from 'vitest';
import type { ServedFile } from '#libs/delivery';
import { BlockFlow } from '../../libs/tftp/block-flow.ts';
import { wireBlock } from '../../libs/tftp/block-number.ts';
import { FramedFile } from '../../libs/tftp/framed-file.ts';
import { PieceBudget } from '../../libs/tftp/piece-budget.ts';

const size = 5 * 1024 ** 3 + 3;

/** Five gibibytes that nobody stores: each byte says where it stands. */
const huge: ServedFile = {
  ...{ name: 'huge', size, modifiedMs: 0, etag: '"huge"', bytes: undefined },
  read: (target, position) => {
    for (let n = 0; n < target.length; n += 1) target[n] = (position + n) % 251;
    return Promise.resolve(Math.min(target.length, size - position));
  },
  close: () => Promise.resolve(),
};

const blockSizes = [8, 512, 1428, 65_464].flatMap((blockSize) =>
  ([0, 1] as const).map((rollover) => ({ blockSize, rollover })),
);

it.each(blockSizes)(
  'more than 4 GiB in blocks of $blockSize end with the right block, rolling over to $rollover',
  async ({ blockSize, rollover }) => {
    const blocks = Math.floor(size / blockSize) + 1;
    const windowSize = 65_000;
    const acknowledged = new Map<string, string>();
    const plan = { size, blockSize, windowSize, rollover, timeoutMs: undefined, acknowledged };
    const flow = new BlockFlow(plan);
    let step = flow.start();
    let last = 0;
    for (let now = 1; step.kind === 'blocks'; now += 1) {
      expect(step.first).toBe(last + 1);
      last = step.first + step.count - 1;
      flow.sent(now);
      step = flow.onAck(wireBlock(last, rollover), now);
    }
    expect(step).toEqual({ kind: 'done' });
    expect([last, flow.bytesAcked]).toEqual([blocks, size]);

    const frames = new FramedFile(huge, blockSize, rollover, new PieceBudget(1024 * 1024));
    const piece = await frames.load(blocks);
    const bytes = piece.bytes.subarray((blocks - piece.firstBlock) * frames.packetSize);
    expect(bytes.readUInt16BE(2)).toBe(wireBlock(blocks, rollover));
    const from = (blocks - 1) * blockSize;
    expect(bytes.subarray(4)).toEqual(
      Buffer.from(Array.from({ length: size - from }, (_, n) => (from + n) % 251)),
    );
  },
);
