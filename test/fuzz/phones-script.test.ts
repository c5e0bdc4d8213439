import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Script, scriptReader } from '#libs/phones';

const piece = fc.constantFrom(
  ...[
    'SET A 1',
    'SET B "',
    'GET a.txt',
    'GET $MACADDR.txt',
    'GET',
    'GOTO a',
    'GOTO b',
    '# a',
    '# b',
  ],
  ...[
    '## c',
    'IF $MODEL4 SEQ J179 GOTO a',
    'IF $A SEQ 1 GOTO b',
    'IF $X SEQ',
    '\0',
    '"',
    '#',
    '# ',
  ],
  ...['IF $GROUP SEQ 5 GOTO b', '\t', 'SET GROUP 1', '\u2028', '$', '\ufeff'],
);
const text = fc.oneof(
  fc
    .array(piece, { maxLength: 40 })
    .chain((lines) => fc.constantFrom('\n', '\r\n', '').map((end) => lines.join(end))),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

it('comes to an end with any script, at a line that is there', () => {
  const reader = scriptReader({ model: 'J179', group: 5, mac: '001122334455' }, 'J100Supgrade.txt');
  fc.assert(
    fc.property(text, (source) => {
      const script = new Script(source);
      const lines = source.split(/\r\n|\n|\r/).length;
      for (let after: number | undefined = 0; after !== undefined;) {
        const { steps, end } = script.run(reader, after);
        for (const { line } of steps) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines);
        }
        after = end.kind === 'get' && end.line > after ? end.line : undefined;
      }
    }),
    { numRuns: 3_000 },
  );
});
