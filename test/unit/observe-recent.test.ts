import { expect, it } from 'vitest';
import { Recent, RecentErrors } from '#libs/observe';

it('keeps the newest few', () => {
  const recent = new Recent<number>(3);
  for (let n = 0; n < 10; n += 1) recent.add(n);
  expect(recent.list()).toEqual([9, 8, 7]);
});

it('counts the same failure instead of letting it push the others out', () => {
  let time = 0;
  const errors = new RecentErrors(3, () => time++);
  errors.note('DISK_FULL', 'no room in /srv');
  for (let n = 0; n < 100; n += 1) errors.note('PEER_UNREACHABLE', 'hub does not answer');
  errors.note('DIGEST_MISMATCH', 'x'.repeat(10_000));

  expect(errors.list().map(({ code, times }) => [code, times])).toEqual([
    ['DIGEST_MISMATCH', 1],
    ['PEER_UNREACHABLE', 100],
    ['DISK_FULL', 1],
  ]);
  expect(errors.list()[1]).toMatchObject({ firstAt: 1, at: 100 });
  expect(errors.list()[0]?.sentence.length).toBeLessThanOrEqual(500);

  for (let n = 0; n < 10; n += 1) errors.note('INTERNAL', String(n));
  expect(errors.list()).toHaveLength(3);
});
