import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { silentLogger } from '#libs/observe';
import { WakeLoop } from '#libs/sync';

/** A wake loop whose hub answers what the test says, when it says so. */
async function loopRig(current: () => number) {
  const asked: number[] = [];
  const answers: PromiseWithResolvers<number | undefined>[] = [];
  const reasons: boolean[] = [];
  const rig = { asked, reasons, woken: 0, answer, fail };
  const loop = new WakeLoop({
    events: {
      waitForEvent: (since, signal) => {
        asked.push(since);
        const next = Promise.withResolvers<number | undefined>();
        answers.push(next);
        signal.addEventListener('abort', () => {
          next.reject(signal.reason);
        });
        return next.promise;
      },
    },
    current,
    onWake: ({ asked: byHand }) => {
      reasons.push(byHand);
      rig.woken += 1;
    },
    log: silentLogger(),
    backoff: { tries: Infinity, firstMs: 1, maxMs: 1 },
    askedMs: 1,
  });
  async function answer(version: number | undefined): Promise<void> {
    const before = asked.length;
    answers.at(-1)?.resolve(version);
    while (asked.length === before) await turn();
  }
  async function fail(): Promise<void> {
    const before = asked.length;
    answers.at(-1)?.reject(new BranchlineError('PEER_UNREACHABLE', 'as scripted'));
    while (asked.length === before) await turn();
  }
  await loop.start();
  onTestFinished(() => loop.stop());
  return rig;
}

it('wakes once for one release, also while the run that it woke brings nothing', async () => {
  let current = 3;
  const rig = await loopRig(() => current);
  await rig.answer(4);
  await rig.answer(undefined);
  expect([rig.asked, rig.woken]).toEqual([[3, 4, 4], 1]);
  current = 4;
  await rig.answer(5);
  expect([rig.asked, rig.woken]).toEqual([[3, 4, 4, 5], 2]);
});

it('follows a hub whose numbers begin again', async () => {
  let current = 3;
  const rig = await loopRig(() => current);
  await rig.answer(9);
  current = 9;
  await rig.answer(undefined);
  // The hub was restored and has signed with new keys: it is where it was before.
  current = 3;
  await rig.answer(undefined);
  await rig.answer(4);
  expect([rig.asked, rig.woken]).toEqual([[3, 9, 9, 3, 4], 2]);
});

it('asks again after a failure, without waking anybody', async () => {
  const rig = await loopRig(() => 1);
  await rig.fail();
  await rig.fail();
  await rig.answer(2);
  expect([rig.asked, rig.woken]).toEqual([[1, 1, 1, 2], 1]);
});

it('runs at once when the operator of the hub asks, newer release or not', async () => {
  const rig = await loopRig(() => 3);
  await rig.answer(3);
  expect(rig).toMatchObject({ woken: 1, asked: [3, 3], reasons: [true] });
  await rig.answer(4);
  expect(rig).toMatchObject({ woken: 2, asked: [3, 3, 4], reasons: [true, false] });
});
