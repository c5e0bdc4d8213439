import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { resolveInside } from '#libs/files';

const root = path.resolve('/srv/tree');
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
  ...['\u2024', '\uff0e\uff0e', '\u2215', '\ud800', '~', '$HOME', 'CON.txt', 'a'.repeat(250)],
);
const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('/')),
);

it('answers any name with a path below the root, or refuses it', () => {
  fc.assert(
    fc.property(names, (name) => {
      try {
        const resolved = resolveInside(root, name);
        expect(resolved.startsWith(root + path.sep)).toBe(true);
        expect(path.resolve(resolved)).toBe(resolved);
        expect(
          path.win32.relative('D:\\tree', path.win32.join('D:\\tree', resolved.slice(root.length))),
        ).not.toMatch(/^\.\.(\\|$)|^[a-z]:|[\u0000-\u001f]/i);
        expect(resolveInside(root, resolved.slice(root.length))).toBe(resolved);
      } catch (error) {
        if (!(error instanceof BranchlineError)) throw error;
        expect(['PATH_OUTSIDE_TREE', 'NAME_MALFORMED']).toContain(error.code);
      }
    }),
    { numRuns: 20_000 },
  );
});
