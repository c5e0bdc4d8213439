import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeJoinString, encodeJoinString } from '#libs/identity';

const refused = { code: 'JOIN_STRING_INVALID' };
const attempt = (text: string): unknown => {
  try {
    return decodeJoinString(text);
  } catch (error) {
    return error;
  }
};

it('answers any text with JOIN_STRING_INVALID, never a crash', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 5_000 }), fc.string({ unit: 'binary' })),
      (text) => {
        expect(attempt(text)).toMatchObject(refused);
        expect(attempt(`branchline-join-1.${text}`)).toMatchObject(refused);
      },
    ),
  );
});

it('brings back every part of a good one, and refuses it with any one letter changed', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const parts = fc.record({
    host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
    joinPort: port,
    hubPort: port,
    branch: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
    token: fc.stringMatching(/^[A-Za-z0-9_-]{32}$/),
    pin: fc.stringMatching(/^sha256\/[A-Za-z0-9_-]{43}$/),
    hubId: fc.uuid(),
  });
  fc.assert(
    fc.property(
      parts,
      fc.nat(),
      fc.stringMatching(/^[A-Za-z0-9._-]$/),
      (good, position, letter) => {
        const line = encodeJoinString(good);
        expect(decodeJoinString(line)).toEqual(good);
        const at = position % line.length;
        const changed = line.slice(0, at) + letter + line.slice(at + 1);
        if (changed !== line) expect(attempt(changed)).toMatchObject(refused);
      },
    ),
  );
});
