import { describe, expect, it } from 'vitest';
import { BlockFlow, type FlowPlan, type Step } from '../../libs/tftp/block-flow.ts';

const plan: FlowPlan = {
  size: 512 * 100,
  blockSize: 512,
  windowSize: 1,
  timeoutMs: undefined,
  rollover: 0,
  acknowledged: new Map(),
};
const offered = { acknowledged: new Map([['tsize', '51200']]) };

/** A flow with its packets out at once and a clock in its hand. */
function flowing(changes: Partial<FlowPlan> = {}) {
  const flow = new BlockFlow({ ...plan, ...changes });
  let now = 1000;
  const out = (step: Step): Step => {
    if (step.kind === 'oack' || step.kind === 'blocks') flow.sent(now);
    return step;
  };
  return {
    flow,
    first: out(flow.start()),
    /** An acknowledgement `after` milliseconds. */
    ack: (wire: number, after = 10) => {
      now += after;
      return out(flow.onAck(wire, now));
    },
    repeatRequest: () => out(flow.onRepeatedRequest()),
    /** Let the deadline pass; returns the wait in milliseconds and what follows. */
    silence: (): [number, Step] => {
      const waited = flow.deadline - now;
      now = flow.deadline;
      return [waited, out(flow.onDeadline())];
    },
  };
}

const blocks = (first: number, count = 1): Step => ({ kind: 'blocks', first, count });
const wait: Step = { kind: 'wait' };

describe('lock-step', () => {
  it('sends block after block, and is done with the acknowledgement of the last', () => {
    const { first, ack, flow } = flowing({ size: 1025 });
    expect(first).toEqual(blocks(1));
    expect(ack(1)).toEqual(blocks(2));
    expect(ack(2)).toEqual(blocks(3));
    expect(flow.bytesAcked).toBe(1024);
    expect(ack(3)).toEqual({ kind: 'done' });
    expect(flow.bytesAcked).toBe(1025);
  });

  it.each([
    [0, 1],
    [512, 2],
    [1024, 3],
  ])('ends a file of %i bytes with block %i, empty where it fits exactly', (size, last) => {
    const { ack } = flowing({ size });
    for (let block = 1; block < last; block += 1) expect(ack(block)).toEqual(blocks(block + 1));
    expect(ack(last)).toEqual({ kind: 'done' });
  });

  it('never sends for a repeated, an old or a future acknowledgement (Sorcerer’s Apprentice)', () => {
    const { ack } = flowing();
    expect(ack(1)).toEqual(blocks(2));
    for (const wire of [1, 1, 0, 3, 65_535]) expect(ack(wire)).toEqual(wait);
    expect(ack(2)).toEqual(blocks(3));
  });

  it('does not take acknowledgement 0 for an answer to data', () => {
    const { ack, flow } = flowing();
    expect(ack(0)).toEqual(wait);
    expect(flow.proven).toBe(false);
  });

  it('goes on past block 65535', () => {
    const { ack } = flowing({ size: 8 * 70_000, blockSize: 8 });
    for (let block = 1; block < 65_530; block += 1) ack(block & 0xffff, 0);
    for (let block = 65_530; block < 65_550; block += 1) {
      expect(ack(block & 0xffff, 0)).toEqual(blocks(block + 1));
    }
  });
});

describe('options', () => {
  it('waits for acknowledgement 0 before the first block', () => {
    const { first, ack } = flowing(offered);
    expect(first).toEqual({ kind: 'oack' });
    expect(ack(1)).toEqual(wait);
    expect(ack(0)).toEqual(blocks(1));
    expect(ack(0)).toEqual(wait);
  });

  it('repeats the first answer for a repeated request until the phone is proven', () => {
    const { repeatRequest, ack } = flowing(offered);
    expect(repeatRequest()).toEqual({ kind: 'oack' });
    expect(ack(0)).toEqual(blocks(1));
    expect(repeatRequest()).toEqual(wait);
  });
});

describe('silence', () => {
  it('gives an address that never answered four packets and no more', () => {
    const { silence } = flowing(offered);
    const waits = [silence(), silence(), silence()];
    expect(waits).toEqual([
      [500, { kind: 'oack' }],
      [1000, { kind: 'oack' }],
      [2000, { kind: 'oack' }],
    ]);
    expect(silence()).toEqual([4000, { kind: 'silent' }]);
  });

  it('repeats a block seven times, each wait twice as long, up to ten seconds', () => {
    const { ack, silence } = flowing();
    ack(1);
    const repeats = Array.from({ length: 7 }, silence);
    expect(repeats.map(([waited]) => waited)).toEqual([150, 300, 600, 1200, 2400, 4800, 9600]);
    expect(repeats.map(([, step]) => step)).toEqual(Array.from({ length: 7 }, () => blocks(2)));
    expect(silence()).toEqual([10_000, { kind: 'silent' }]);
  });

  it('starts to count again after progress', () => {
    const { ack, silence } = flowing();
    ack(1);
    for (let n = 0; n < 7; n += 1) silence();
    expect(ack(2)).toEqual(blocks(3));
    expect(silence()[1]).toEqual(blocks(3));
  });

  it('waits for what it measured, and not less than 150 ms', () => {
    const { ack, flow } = flowing();
    ack(1, 400);
    expect(flow.deadline).toBe(1400 + 400 + 4 * 200);
    for (let block = 2; block < 60; block += 1) ack(block, 1);
    expect(flow.deadline).toBe(1400 + 58 + 150);
  });

  it('does not measure by a block that was sent twice', () => {
    const { ack, silence, flow } = flowing();
    ack(1, 40);
    const before = silence()[0];
    ack(2, 5000);
    expect(flow.deadline - (1000 + 40 + before + 5000)).toBe(150);
  });

  it('never waits longer than the phone asked', () => {
    const { ack, silence } = flowing({ timeoutMs: 1000 });
    ack(1);
    expect(Array.from({ length: 5 }, silence).map(([waited]) => waited)).toEqual([
      150, 300, 600, 1000, 1000,
    ]);
  });

  it('waits exactly as long as the phone asked in strict mode', () => {
    const { ack, silence } = flowing({ timeoutMs: 3000, strictTimeout: true });
    ack(1);
    expect([silence()[0], silence()[0]]).toEqual([3000, 3000]);
  });
});

describe('windows', () => {
  const windowed = { ...offered, windowSize: 4, size: 512 * 9 + 1 };

  it('sends window after window, the last one shorter', () => {
    const { ack } = flowing(windowed);
    expect(ack(0)).toEqual(blocks(1, 4));
    expect(ack(4)).toEqual(blocks(5, 4));
    expect(ack(8)).toEqual(blocks(9, 2));
    expect(ack(10)).toEqual({ kind: 'done' });
  });

  it('goes on behind the last block in order when one is lost inside a window', () => {
    const { ack } = flowing(windowed);
    ack(0);
    expect(ack(2)).toEqual(blocks(3, 4));
  });

  it('sends a window again once for its base, and leaves the rest to the timer', () => {
    const { ack, silence } = flowing(windowed);
    ack(0);
    ack(4);
    expect(ack(4)).toEqual(blocks(5, 4));
    for (let n = 0; n < 50; n += 1) expect(ack(4)).toEqual(wait);
    expect(silence()[1]).toEqual(blocks(8));
    expect(ack(4)).toEqual(wait);
    expect(silence()[1]).toEqual(blocks(5, 4));
    expect(ack(4)).toEqual(wait);
  });

  it('sends the last block once more after two round trips of silence, and then waits as ever', () => {
    const { ack, silence } = flowing(windowed);
    ack(0, 30);
    ack(4, 30);
    expect(silence()).toEqual([60, blocks(8)]);
    expect(silence()).toEqual([150, blocks(5, 4)]);
    expect(silence()).toEqual([300, blocks(5, 4)]);
    expect(ack(8)).toEqual(blocks(9, 2));
    expect(silence()[1]).toEqual(blocks(10));
  });

  it('goes on behind the gap that the phone reports after that, with a window sent once', () => {
    const { ack, silence } = flowing(windowed);
    ack(0);
    ack(4);
    expect(silence()).toEqual([20, blocks(8)]);
    expect(ack(6)).toEqual(blocks(7, 4));
    expect(ack(6, 1)).toEqual(wait);
  });

  it('sends no block early before a round trip was measured, or in strict mode', () => {
    const { first, repeatRequest, silence } = flowing({ ...windowed, acknowledged: new Map() });
    expect(first).toEqual(blocks(1, 4));
    repeatRequest();
    expect(silence()).toEqual([500, blocks(1, 4)]);
    const strict = flowing({ ...windowed, timeoutMs: 1000, strictTimeout: true });
    strict.ack(0);
    strict.ack(4);
    expect(strict.silence()).toEqual([1000, blocks(5, 4)]);
  });

  it('takes a repeated base for an echo when it comes sooner than half a round trip', () => {
    const { ack } = flowing(windowed);
    ack(0, 100);
    ack(4, 100);
    expect(ack(4, 10)).toEqual(wait);
    expect(ack(4, 60)).toEqual(blocks(5, 4));
  });

  it('does nothing while the last step is still being carried out', () => {
    const flow = new BlockFlow({ ...plan, ...windowed });
    flow.start();
    expect(flow.onAck(0, 0)).toEqual(wait);
    flow.sent(0);
    expect(flow.onAck(0, 1)).toEqual(blocks(1, 4));
    expect(flow.onAck(2, 2)).toEqual(wait);
  });
});
