import { expect, it } from 'vitest';
import { decideMirror, type MirrorDecision } from '#libs/sync';

type Own = Parameters<typeof decideMirror>[0]['own'];

/** Ours is change 5 of this server, theirs change 7 of the other one; whether each was made in the knowledge of the other. */
function decide(
  ours: 'here' | 'gone' | 'left' | 'unknown',
  theirs: 'here' | 'gone',
  knew: 'neither' | 'they' | 'we' | 'both',
  times: readonly [number, number] = [1, 2],
  digests: readonly [string, string] = ['a', 'b'],
): MirrorDecision {
  const own: Own =
    ours === 'unknown'
      ? undefined
      : {
          ...{ state: ours, sha256: digests[0], modifiedMs: times[0], change: 5, mine: 5 },
          theirs: knew === 'we' || knew === 'both' ? 7 : 6,
        };
  return decideMirror({
    ...{ gone: theirs === 'gone', sha256: digests[1], modifiedMs: times[1], own, theirs: 7 },
    mine: knew === 'they' || knew === 'both' ? 5 : 4,
  });
}

it.each([
  ['here', 'here', 'they', 'take'],
  ['here', 'here', 'we', 'stay'],
  ['here', 'here', 'neither', 'take'],
  ['here', 'here', 'both', 'stay'],
  ['here', 'gone', 'they', 'remove'],
  ['here', 'gone', 'we', 'stay'],
  ['here', 'gone', 'neither', 'stay'],
  ['gone', 'here', 'they', 'take'],
  ['gone', 'here', 'we', 'stay'],
  ['gone', 'here', 'neither', 'take'],
  ['gone', 'gone', 'they', 'stay'],
  ['gone', 'gone', 'neither', 'stay'],
  ['left', 'here', 'we', 'take'],
  ['left', 'gone', 'they', 'stay'],
  ['unknown', 'here', 'neither', 'take'],
  ['unknown', 'gone', 'they', 'stay'],
] as const)('ours %s, theirs %s, knew of the other: %s: %s', (ours, theirs, knew, decision) => {
  expect(decide(ours, theirs, knew)).toBe(decision);
});

it('lets the later time win of what both have changed, and the same one at both servers', () => {
  expect(decide('here', 'here', 'neither', [2, 1])).toBe('keep theirs');
  expect(decide('here', 'here', 'neither', [1, 1], ['a', 'b'])).toBe('take');
  expect(decide('here', 'here', 'neither', [1, 1], ['b', 'a'])).toBe('keep theirs');
  // The disk's time has a fraction that is not told.
  expect(decide('here', 'here', 'neither', [1.7, 1], ['a', 'b'])).toBe('take');
  // The clocks decide nothing where one knew of the other, and the same bytes are the same.
  expect(decide('here', 'here', 'they', [2, 1])).toBe('take');
  expect(decide('here', 'here', 'neither', [1, 2], ['a', 'a'])).toBe('stay');
});
