import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BlockCollector } from '../../libs/tftp/block-collector.ts';
import { BlockFlow, type Step } from '../../libs/tftp/block-flow.ts';
import { wireBlock } from '../../libs/tftp/block-number.ts';

interface Case {
  readonly blockSize: number;
  readonly windowSize: number;
  readonly size: number;
  readonly offered: boolean;
}

const cases = fc.record<Case>({
  blockSize: fc.integer({ min: 8, max: 64 }),
  windowSize: fc.integer({ min: 1, max: 32 }),
  size: fc.integer({ min: 0, max: 2000 }),
  offered: fc.boolean(),
});

const flowOf = ({ blockSize, windowSize, size, offered }: Case): BlockFlow =>
  new BlockFlow({
    blockSize,
    windowSize: offered ? windowSize : 1,
    size,
    timeoutMs: undefined,
    rollover: 0,
    acknowledged: new Map(offered ? [['tsize', String(size)]] : []),
  });

/** A network in memory: what is sent arrives, is lost, or arrives twice, as the dice say. */
function* dice(fates: readonly number[]): Generator<number, never> {
  for (let n = 0; ; n += 1) yield n < fates.length ? (fates[n] ?? 1) : 1;
}

it('delivers the file through any network that loses or doubles packets for a while', () => {
  fc.assert(
    fc.property(
      cases,
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }),
      (each, fates) => {
        const flow = flowOf(each);
        const { blockSize, size, offered } = each;
        const windowSize = offered ? each.windowSize : 1;
        const file = Buffer.from(Array.from({ length: size }, (_, n) => (n * 7 + (n >> 8)) & 0xff));
        const collector = new BlockCollector(blockSize, windowSize, size);
        const fate = dice(fates);
        let now = 0;
        let step: Step = flow.start();
        let finished: Step['kind'] | undefined;
        let rounds = 0;
        let sentBlocks = 0;
        const acks: number[] = [];
        const copies = (): number => fate.next().value;
        while (finished === undefined && (rounds += 1) < 20_000) {
          if (step.kind === 'oack') {
            for (let copy = copies(); copy > 0; copy -= 1) acks.push(0);
            flow.sent(now);
          } else if (step.kind === 'blocks') {
            sentBlocks += step.count;
            for (let block = step.first; block < step.first + step.count; block += 1) {
              const data = file.subarray((block - 1) * blockSize, block * blockSize);
              for (let copy = copies(); copy > 0; copy -= 1) {
                const receipt = collector.take(wireBlock(block, 0), data);
                if (receipt.kind !== 'quiet') {
                  for (let twice = copies(); twice > 0; twice -= 1) acks.push(receipt.block);
                }
              }
            }
            flow.sent(now);
          } else if (step.kind !== 'wait') {
            finished = step.kind;
          }
          now += 20;
          const ack = acks.shift();
          if (ack !== undefined) step = flow.onAck(ack, now);
          else if (finished === undefined) {
            now = flow.deadline;
            step = flow.onDeadline();
            // A phone that hears nothing repeats its last acknowledgement, too.
            if (sentBlocks > 0) acks.push(collector.lastInOrder);
          }
        }
        // Three losses are always survived; more may exhaust the repeats, but it ends either way.
        const losses = fates.filter((copies) => copies === 0).length;
        expect(losses <= 3 ? ['done'] : ['done', 'silent']).toContain(finished);
        if (finished === 'done') expect(collector.bytes().equals(file)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

it('sends at most one window for each thing that happens, and only blocks of the file', () => {
  const events = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('ack' as const), wire: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ kind: fc.constant('deadline' as const) }),
      fc.record({ kind: fc.constant('request' as const) }),
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(cases, events, (each, happening) => {
      const flow = flowOf(each);
      const last = Math.floor(each.size / each.blockSize) + 1;
      const windowSize = each.offered ? each.windowSize : 1;
      const sends = new Map<number, number>();
      let deadlines = 0;
      let now = 0;
      const check = (step: Step): boolean => {
        if (step.kind === 'blocks') {
          expect(step.first).toBeGreaterThan(0);
          expect(step.count).toBeGreaterThan(0);
          expect(step.count).toBeLessThanOrEqual(windowSize);
          expect(step.first + step.count - 1).toBeLessThanOrEqual(last);
          sends.set(step.first, (sends.get(step.first) ?? 0) + 1);
        }
        if (step.kind === 'oack' || step.kind === 'blocks') flow.sent(now);
        return step.kind === 'done' || step.kind === 'silent';
      };
      let over = check(flow.start());
      for (const event of happening) {
        if (over) break;
        now += 50;
        if (event.kind === 'ack') over = check(flow.onAck(event.wire, now));
        else if (event.kind === 'request') over = check(flow.onRepeatedRequest());
        else {
          deadlines += 1;
          over = check(flow.onDeadline());
        }
      }
      // First time, one restart, and the timer: a base is never sent more often, whatever the phone repeats.
      for (const [first, times] of sends) {
        if (first > 1) expect(times).toBeLessThanOrEqual(2 + deadlines);
      }
    }),
    { numRuns: 2000 },
  );
});
