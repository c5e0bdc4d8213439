import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { isBelow, resolveInside } from '#libs/files';
import { bothKinds } from '../support/both-kinds.ts';

const pieces = fc.constantFrom(
  ...[
    '..',
    '.',
    '/',
    '\\',
    '//',
    'a',
    'C:',
    '\u0000',
    ' ',
    'NUL',
    '%2e%2e',
    '.branchline',
    '.partial',
  ],
  ...[
    'BRANCH~1',
    '*',
    '?',
    '<',
    '\u2024',
    '\uff0e\uff0e',
    '\u2215',
    '\ud800',
    '~',
    '$HOME',
    'CON.txt',
    'a'.repeat(250),
  ],
);
const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('/')),
);

describe.each(bothKinds)('on $kind', ({ paths, root }) => {
  it('answers any name with a path below the root, or refuses it', () => {
    fc.assert(
      fc.property(names, (name) => {
        try {
          const resolved = resolveInside(root, name, paths);
          expect(isBelow(resolved, root, paths)).toBe(true);
          expect(resolved.startsWith(root + paths.sep)).toBe(true);
          expect(paths.normalize(resolved)).toBe(resolved);
          const inside = resolved.slice(root.length);
          expect(path.win32.relative('D:\\tree', path.win32.join('D:\\tree', inside))).not.toMatch(
            /^\.\.(\\|$)|^[a-z]:|[\u0000-\u001f]/i,
          );
          expect(resolveInside(root, inside, paths)).toBe(resolved);
        } catch (error) {
          if (!(error instanceof BranchlineError)) throw error;
          expect(['PATH_OUTSIDE_TREE', 'NAME_MALFORMED']).toContain(error.code);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
