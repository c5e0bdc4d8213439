import { expect, it } from 'vitest';
import { SpaceWaiter } from '#libs/sync';

const mebibyte = 1024 * 1024;

/** A waiter whose disks, clock and work are in the hands of the test. */
function waiterRig() {
  const state = { busy: false, waiting: true, now: 0, resumed: 0 };
  const free = { data: 10 * mebibyte, state: 50 * mebibyte };
  const waiter = new SpaceWaiter({
    folders: ['data', 'state'],
    busy: () => state.busy,
    waiting: () => state.waiting,
    resume: () => {
      state.resumed += 1;
    },
    clock: { now: () => state.now },
    everyMs: 1_000,
    free: (folder) => Promise.resolve(folder === 'data' ? free.data : free.state),
  });
  return { state, free, waiter };
}

it('tries at the first look, for the room may have come before it, and then only with more room', async () => {
  const { state, free, waiter } = waiterRig();
  await waiter.look();
  expect(state.resumed).toBe(1);
  // The work is on, and ends for want of space again.
  state.busy = true;
  state.waiting = false;
  await waiter.look();
  state.busy = false;
  state.waiting = true;
  for (const bytes of [10 * mebibyte, 2 * mebibyte, 11 * mebibyte - 1]) {
    free.data = bytes;
    await waiter.look();
  }
  expect(state.resumed).toBe(1);
  free.data = 11 * mebibyte;
  await waiter.look();
  expect(state.resumed).toBe(2);
});

it('looks at every disk', async () => {
  const { state, free, waiter } = waiterRig();
  await waiter.look();
  free.data = 0;
  free.state += mebibyte;
  await waiter.look();
  expect(state.resumed).toBe(2);
});

it('tries every ten minutes without more room: what was too large may have been withdrawn', async () => {
  const { state, waiter } = waiterRig();
  await waiter.look();
  state.now += 10 * 60_000 - 1;
  await waiter.look();
  expect(state.resumed).toBe(1);
  state.now += 1;
  await waiter.look();
  expect(state.resumed).toBe(2);
});

it('does nothing when nobody waits, and begins anew when somebody waits again', async () => {
  const { state, waiter } = waiterRig();
  state.waiting = false;
  await waiter.look();
  expect(state.resumed).toBe(0);
  state.waiting = true;
  await waiter.look();
  state.waiting = false;
  await waiter.look();
  state.waiting = true;
  await waiter.look();
  expect(state.resumed).toBe(2);
});
