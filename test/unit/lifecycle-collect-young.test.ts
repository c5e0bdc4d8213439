import { expect, it } from 'vitest';
import { collectYoung } from '#libs/lifecycle';

const mebibyte = 1024 * 1024;
const held = (): number => process.memoryUsage().arrayBuffers;

/** Buffers that nobody uses any more; in a function of its own, so that nothing on the stack holds the last of them. */
function makeGarbage(): void {
  for (let n = 0; n < 8; n += 1) Buffer.allocUnsafeSlow(mebibyte).fill(n);
}

it('gives back buffers that nobody uses any more', async () => {
  collectYoung();
  const before = held();
  makeGarbage();
  expect(held()).toBeGreaterThan(before + 6 * mebibyte);
  collectYoung();
  await expect.poll(held).toBeLessThan(before + 2 * mebibyte);
});
