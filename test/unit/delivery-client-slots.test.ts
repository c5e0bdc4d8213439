import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientSlots } from '#libs/delivery';

/** Two places for ten seconds each. */
function places(sessionMs = 10_000) {
  const clock = { now: 0 };
  const slots = new ClientSlots({ maxClients: 2, sessionMs, now: () => clock.now });
  const fetched = (address: string): boolean => {
    if (!slots.enter(address)) return false;
    slots.keep(address);
    slots.leave(address);
    return true;
  };
  return { clock, slots, fetched };
}

describe('places for telephones', () => {
  it('go to individual addresses, however many files each fetches', () => {
    const { slots, fetched } = places();
    expect(['a', 'a', 'a', 'b', 'a', 'c', 'b'].map(fetched)).toEqual([
      ...[true, true, true, true, true],
      ...[false, true],
    ]);
    expect(slots.usage).toEqual({ taken: 2, maxClients: 2, turnedAway: 1 });
  });

  it('are kept between two files until the session time is over, then go to the next', () => {
    const { clock, fetched } = places();
    fetched('a');
    clock.now = 4_000;
    fetched('b');
    clock.now = 9_999;
    expect([fetched('c'), fetched('a')]).toEqual([false, true]);
    clock.now = 10_000;
    expect([fetched('c'), fetched('a'), fetched('b')]).toEqual([true, false, true]);
    clock.now = 14_000;
    expect([fetched('a'), fetched('b')]).toEqual([true, false]);
  });

  it('are not prolonged by asking on, and may be taken anew when they are over', () => {
    const { clock, fetched } = places();
    for (clock.now = 0; clock.now < 10_000; clock.now += 1_000) expect(fetched('a')).toBe(true);
    fetched('b');
    expect(fetched('a')).toBe(true);
    clock.now = 19_999;
    expect(fetched('c')).toBe(false);
    clock.now = 20_000;
    expect(fetched('c')).toBe(true);
  });

  it('are kept for good with a session time of 0', () => {
    const { clock, fetched } = places(0);
    fetched('a');
    fetched('b');
    clock.now = 1e12;
    expect([fetched('c'), fetched('a')]).toEqual([false, true]);
  });

  it('are without number when the limit is 0, and then cost no memory', () => {
    const slots = new ClientSlots({ maxClients: 0, sessionMs: 1_000 });
    for (let n = 0; n < 1_000; n += 1) expect(slots.enter(`192.0.2.${n}`)).toBe(true);
    expect(slots.usage).toEqual({ taken: 0, maxClients: 0, turnedAway: 0 });
  });

  it('are not kept by an address that never answers', () => {
    const { slots, fetched } = places();
    fetched('a');
    slots.enter('forged');
    slots.enter('forged');
    slots.leave('forged');
    expect(fetched('b')).toBe(false);
    slots.leave('forged');
    expect(fetched('b')).toBe(true);
  });

  it('survive a download that lasts longer than its session', () => {
    const { clock, slots, fetched } = places();
    slots.enter('a');
    slots.keep('a');
    fetched('b');
    clock.now = 10_000;
    expect([fetched('c'), fetched('d')]).toEqual([true, true]);
    slots.leave('a');
    expect([fetched('a'), fetched('c'), fetched('d')]).toEqual([false, true, true]);
  });

  it('are never more than there are, whatever comes in which order', () => {
    const step = fc.record({
      act: fc.constantFrom('enter', 'keep', 'leave', 'wait'),
      address: fc.constantFrom('a', 'b', 'c', 'd'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, slots } = places();
        for (const { act, address } of steps) {
          if (act === 'wait') clock.now += 3_000;
          else slots[act](address);
          expect(slots.usage.taken).toBeLessThanOrEqual(2);
        }
        clock.now += 10_000;
        expect(slots.usage.taken).toBe(0);
      }),
    );
  });
});
