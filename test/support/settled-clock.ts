import { systemClock, type Clock } from '#libs/lifecycle';

/** A little ahead: files that a test has written just now count as written long ago, and may be held in memory. */
export const settledClock: Clock = { ...systemClock, now: () => systemClock.now() + 10_000 };
