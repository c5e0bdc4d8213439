import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { isInternalName } from '#libs/files';
import { parseCommand } from '../../libs/ftp/command-line.ts';
import { parseEprt, parsePort } from '../../libs/ftp/data-address.ts';
import { resolveVirtual } from '../../libs/ftp/virtual-path.ts';

const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
const verb = fc.constantFrom('RETR', 'stor', 'XCWD', 'PORT', 'EPRT', 'USER', 'LIST', 'ABOR', 'A');
const part = fc.oneof(
  fc.constantFrom('..', '.', '', '...', '.branchline', '.x.0123456789ab.partial', 'C:', 'NUL', '~'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const name = fc
  .tuple(fc.array(part, { maxLength: 80 }), fc.constantFrom('/', '\\'))
  .map(([parts, slash]) => parts.join(slash));
const line = fc.oneof(
  bytes,
  fc.tuple(verb, bytes).map(([word, rest]) => Buffer.concat([Buffer.from(`${word} `), rest])),
  fc.tuple(verb, name).map(([word, argument]) => Buffer.from(`${word} ${argument}`)),
  fc.array(fc.nat(300), { maxLength: 8 }).map((all) => Buffer.from(`PORT ${all.join(',')}`)),
  fc
    .tuple(fc.constantFrom('|', '!', 'a'), fc.array(fc.string(), { maxLength: 5 }))
    .map(([bar, all]) => Buffer.from(`EPRT ${bar}${all.join(bar)}${bar}`)),
);

it('reads any line as a command without control bytes, or as none', () => {
  fc.assert(
    fc.property(line, (text) => {
      const command = parseCommand(text);
      if (command === undefined) return;
      expect(command.verb).toMatch(/^[A-Z]{3,4}$/);
      expect(command.argument).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f]/);
      for (const address of [parsePort(command.argument), parseEprt(command.argument)]) {
        if (address === undefined) continue;
        expect(address.port).toBeGreaterThanOrEqual(0);
        expect(address.port).toBeLessThan(65_536);
      }
    }),
    { numRuns: 3000 },
  );
});

it('resolves any name to a path below the root without our own folders, or refuses it with a code', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }), name, (folder, argument) => {
      try {
        const path = resolveVirtual(folder, argument);
        for (const each of path) {
          expect(['', '.', '..']).not.toContain(each);
          expect(each).not.toMatch(/[/\\\0]/);
          expect(isInternalName(each)).toBe(false);
        }
        expect(path.length).toBeLessThanOrEqual(64);
      } catch (error) {
        if (!(error instanceof BranchlineError)) throw error;
        expect(['PATH_OUTSIDE_TREE', 'NAME_MALFORMED']).toContain(error.code);
      }
    }),
    { numRuns: 3000 },
  );
});
