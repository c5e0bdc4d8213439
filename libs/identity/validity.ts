export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/**
 * When a certificate of `lifeMs` is good. It begins a day early, as clocks differ, and as one that was made while a clock
 * was ahead must be good once that is corrected; but never earlier than its own life before: one of ten seconds would
 * otherwise be past two thirds of its life when it is made.
 */
export function validity(now: number, lifeMs: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now - Math.min(dayMs, lifeMs)),
    notAfter: new Date(now + lifeMs),
  };
}
