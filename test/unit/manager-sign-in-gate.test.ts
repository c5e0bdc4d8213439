import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import { SignInGate } from '#libs/manager';

const wrong = (): Promise<boolean> => Promise.resolve(false);
const right = (): Promise<boolean> => Promise.resolve(true);

/** Guess until a try is looked at; what comes of it is told late and not waited for. */
async function guess(gate: SignInGate, address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const look = (): Promise<boolean> => {
    resolve(true);
    return Promise.resolve(false);
  };
  void gate.check(address, look).then(() => {
    resolve(false);
  });
  return promise;
}

it('looks at ten wrong passwords of an address, and then not even at the right one', async () => {
  const gate = new SignInGate(systemClock);
  for (let n = 0; n < 10; n += 1) expect(await guess(gate, '192.0.2.1')).toBe(true);
  expect(await gate.check('192.0.2.1', right)).toBe('blocked');
  expect(await gate.check('::ffff:192.0.2.1', right)).toBe('blocked');
  expect(await gate.check('192.0.2.2', right)).toBe('right');
});

it('lets the address try again after ten minutes, also when the clock was set back', async () => {
  let ahead = 0;
  const gate = new SignInGate({ ...systemClock, now: () => systemClock.now() + ahead });
  for (let n = 0; n < 10; n += 1) await guess(gate, '192.0.2.1');
  ahead = 10 * 60_000 - 1_000;
  expect(await gate.check('192.0.2.1', right)).toBe('blocked');
  ahead = 10 * 60_000 + 1_000;
  expect(await gate.check('192.0.2.1', right)).toBe('right');
  for (let n = 0; n < 10; n += 1) await guess(gate, '192.0.2.1');
  ahead = -3_600_000;
  expect(await gate.check('192.0.2.1', right)).toBe('right');
});

it('counts guesses of one moment one by one: a hundred at once are not looked at a hundred times', async () => {
  const gate = new SignInGate(systemClock);
  let looks = 0;
  const slow = async (): Promise<boolean> => {
    looks += 1;
    await sleep(20);
    return false;
  };
  const verdicts = Array.from({ length: 100 }, () => gate.check('192.0.2.1', slow));
  expect(await Promise.race(verdicts)).toBe('busy');
  await sleep(50);
  expect(looks).toBe(1);
});

it('takes the 2^64 addresses of one IPv6 network for one', async () => {
  const gate = new SignInGate(systemClock);
  for (let n = 0; n < 10; n += 1) {
    expect(await guess(gate, `2001:db8:0:1::${(n + 1).toString(16)}`)).toBe(true);
  }
  expect(await gate.check('2001:db8::1:ffff:ffff:ffff:ffff', right)).toBe('blocked');
  expect(await gate.check('2001:db8:0:2::1', right)).toBe('right');
  expect(await gate.check('::1', right)).toBe('right');
  expect(await gate.check('fe80::1%eth0', right)).toBe('right');
});

it('slows all strangers together down, but nobody who has signed in before', async () => {
  const gate = new SignInGate(systemClock, { failuresAtFullSpeed: 20, pacedMs: 60_000 });
  expect(await gate.check('192.0.2.1', right)).toBe('right');
  for (let n = 0; n < 22; n += 1) expect(await guess(gate, `198.51.100.${n}`)).toBe(true);
  // The next stranger waits for a minute; the administrator at his place does not.
  let looked = false;
  void gate.check('203.0.113.1', () => {
    looked = true;
    return right();
  });
  expect(await gate.check('192.0.2.1', right)).toBe('right');
  expect(await gate.check('192.0.2.1', wrong)).toBe('wrong');
  expect(looked).toBe(false);
});

it('lets a stranger with the right password in during an attack from many addresses', async () => {
  const gate = new SignInGate(systemClock, { failuresAtFullSpeed: 5, pacedMs: 10 });
  let going = true;
  const attack = Array.from({ length: 20 }, async (_, n) => {
    for (let at = 0; going; at += 1) {
      await guess(gate, `198.51.${n}.${at % 250}`);
      await sleep(1);
    }
  });
  await sleep(50);
  expect(await gate.check('192.0.2.1', right)).toBe('right');
  going = false;
  await Promise.all(attack);
});

it('keeps a bound number of people waiting', async () => {
  const gate = new SignInGate(systemClock, { waiting: 30 });
  const held = Promise.withResolvers<boolean>();
  const waiting = Array.from({ length: 31 }, (_, n) =>
    gate.check(`192.0.2.${n}`, () => held.promise),
  );
  expect(await gate.check('198.51.100.1', right)).toBe('busy');
  held.resolve(true);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['right']));
});

it('remembers the last thousand networks from which somebody signed in, and no more', async () => {
  const gate = new SignInGate(systemClock, { failuresAtFullSpeed: 0, pacedMs: 60_000 });
  for (let n = 0; n <= 1_000; n += 1) {
    expect(await gate.check(`10.0.${n >> 8}.${n & 255}`, right)).toBe('right');
  }
  // Under attack strangers wait, and the first of them is one again.
  await guess(gate, '198.51.100.1');
  await guess(gate, '198.51.100.2');
  let looked = false;
  void gate.check('10.0.0.0', () => {
    looked = true;
    return right();
  });
  expect(await gate.check('10.0.3.232', right)).toBe('right');
  expect(looked).toBe(false);
});
