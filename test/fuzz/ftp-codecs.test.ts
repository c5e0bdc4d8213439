import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCommand } from '../../libs/ftp/command-line.ts';
import { parseEprt, parsePort } from '../../libs/ftp/data-address.ts';
import { LineReader } from '../../libs/ftp/line-reader.ts';
import { phoneDataName } from '../../libs/ftp/phone-data-name.ts';
import { resolveVirtual } from '../../libs/ftp/virtual-path.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

it('reads any line as a command without control characters, or as none', () => {
  fc.assert(
    fc.property(bytes, (line) => {
      const command = parseCommand(line);
      if (command === undefined) return;
      expect(command.verb).toMatch(/^[A-Z]{3,4}$/);
      expect(command.argument).not.toMatch(/[\0\r\n]/);
    }),
  );
});

it('cuts the same lines however the bytes arrive, and keeps no more than one line may have', () => {
  const text = fc.array(fc.constantFrom('NOOP', '\r\n', '\n', 'A'.repeat(40), 'é', '\xff'));
  fc.assert(
    fc.property(text, fc.array(fc.nat(9)), (parts, cuts) => {
      const whole = Buffer.from(parts.join(''), 'latin1');
      const atOnce = new LineReader(30).take(whole);
      const reader = new LineReader(30);
      const lines: (Buffer | undefined)[] = [];
      let from = 0;
      for (const length of [...cuts, whole.length]) {
        lines.push(...reader.take(whole.subarray(from, from + length)));
        from += length;
        expect(reader.pending).toBeLessThanOrEqual(30);
      }
      expect(lines).toEqual(atOnce);
    }),
  );
});

it('reads any argument as an address with a port, or as none', () => {
  const digits = fc.stringMatching(/^[|,.:0-9a-f]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits), (argument) => {
      for (const to of [parsePort(argument), parseEprt(argument)]) {
        if (to === undefined) continue;
        expect(to.port).toBeGreaterThanOrEqual(0);
        expect(to.port).toBeLessThan(65_536);
        expect(to.address).toMatch(/^[\d.:a-f]+$/i);
      }
    }),
  );
});

it('leads out of the root by no name', () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '/',
    '\\',
    'a',
    '.branchline',
    'C:',
    '\0',
    ' ',
    'x.partial',
  );
  const name = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }), name, (folder, argument) => {
      try {
        const path = resolveVirtual(folder, argument);
        expect(path.filter((each) => /^\.{0,2}$|[/\\\0]|^\.branchline$/i.test(each))).toEqual([]);
      } catch (error) {
        expect(error).toHaveProperty('code', expect.stringMatching(/^PATH_OUT|^NAME_MAL/));
      }
    }),
  );
});

it('gives a telephone no name of another extension', () => {
  const word = fc.constantFrom('1001', '1002', '_', '4620', 'data', '_sip', '.txt', '/', 'DATA');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const meant = phoneDataName(words.join(''), { extension: '1001', type: '4620' });
      if (meant.kind === 'own') expect(meant.name).toMatch(/^1001_4620data(_sip)?\.txt$/);
      if (meant.kind === 'other') expect(words.join('')).not.toMatch(/^\d+_|data\./i);
    }),
  );
});
