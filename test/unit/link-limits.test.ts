import { expect, it } from 'vitest';
import { contentRange } from '../../libs/link/content-range.ts';
import { FileSlots } from '../../libs/link/file-slots.ts';
import { Tries } from '../../libs/link/tries.ts';

it.each([
  [undefined, 'whole'],
  ['bytes=0-', { first: 0, last: 99 }],
  ['bytes=40-', { first: 40, last: 99 }],
  ['bytes=40-49', { first: 40, last: 49 }],
  ['bytes=40-4000', { first: 40, last: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=50-40', 'whole'],
  ['bytes=-10', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['lines=0-1', 'whole'],
  ['bytes=99999999999999999999-', 'whole'],
])('of 100 bytes, %s asks for %j', (header, expected) => {
  expect(contentRange(header, 100)).toEqual(expected);
});

it('has no range in an empty content', () => {
  expect(contentRange('bytes=0-', 0)).toBe('unsatisfiable');
});

it('gives slots up to the total, and to one branch its share', () => {
  const slots = new FileSlots(3, 2);
  const first = slots.take('lisbon');
  expect(slots.take('lisbon')).toBeTypeOf('function');
  expect(slots.take('lisbon')).toBeUndefined();
  expect(slots.take('porto')).toBeTypeOf('function');
  expect(slots.take('faro')).toBeUndefined();
  first?.();
  expect(slots.take('faro')).toBeTypeOf('function');
  expect(slots.used).toBe(3);
});

it('lets branches wait for a slot in their order, and not for ever', async () => {
  const slots = new FileSlots(1, 1);
  const first = slots.take('lisbon');
  await expect(slots.wait('lisbon', 0)).resolves.toBeUndefined();
  await expect(slots.wait('porto', 1)).resolves.toBeUndefined();
  const porto = slots.wait('porto', 60_000);
  const faro = slots.wait('faro', 60_000);
  first?.();
  const second = await porto;
  expect(second).toBeTypeOf('function');
  expect(slots.used).toBe(1);
  second?.();
  await expect(faro).resolves.toBeTypeOf('function');
});

it('counts tries by key and span', () => {
  let now = 1_000;
  const tries = new Tries({ now: () => now }, 2, 60_000);
  expect([tries.count('a'), tries.count('a')]).toEqual([0, 0]);
  expect(tries.count('a')).toBe(60_000);
  expect(tries.count('b')).toBe(0);
  now += 59_000;
  expect(tries.count('a')).toBe(1_000);
  now += 1_000;
  expect(tries.count('a')).toBe(0);
});

it('locks nobody out for good when the clock is set back', () => {
  let now = 10_000_000;
  const tries = new Tries({ now: () => now }, 1, 60_000);
  tries.count('a');
  now = 1_000;
  expect(tries.count('a')).toBe(0);
});

it('remembers a bounded number of keys: the rest shares one count', () => {
  const tries = new Tries({ now: () => 0 }, 1, 60_000);
  for (let n = 0; n < 10_000; n += 1) tries.count(`address ${n}`);
  expect(tries.count('one more')).toBe(0);
  expect(tries.count('and another')).toBeGreaterThan(0);
});
