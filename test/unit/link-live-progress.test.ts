import { expect, it } from 'vitest';
import type { PullProgress } from '#libs/link';
import { LiveProgress } from '../../libs/link/live-progress.ts';

const progress: PullProgress = { protocol: 1, files: 2, filesDone: 0, bytes: 1, bytesOverall: 9 };

it('wants to hear many seldom and few often', () => {
  const live = new LiveProgress();
  expect(live.note('lisbon', progress, 0)).toBe(5_000);
  for (let n = 0; n < 2_000; n += 1) live.note(`site-${n}`, progress, 0);
  expect(live.note('lisbon', progress, 0)).toBe(20_010);
});

it('forgets a pull that has ended, and one that has fallen silent', () => {
  const live = new LiveProgress();
  live.note('lisbon', progress, 1_000);
  expect(live.of('lisbon', 16_000)).toEqual({ ...progress, at: 1_000 });
  expect(live.of('lisbon', 16_001)).toBeUndefined();
  live.note('porto', progress, 1_000);
  live.ended('porto');
  expect(live.of('porto', 1_000)).toBeUndefined();
});
