import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AccessList } from '#libs/delivery';

const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 254, 255));
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const address = fc.oneof(
  ipv4,
  ipv4,
  fc.ipV6(),
  ipv4.map((text) => `::ffff:${text}`),
);
const piece = fc.constantFrom(
  ...['10', '10.0', '192.168.0.1', '0', '255', '256', '010', '.', '-', '/', '8', '32', '33', '::'],
  ...[
    ':',
    'fe80::1',
    '%eth0',
    '*',
    ' ',
    '#',
    ';',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\0',
    '\ufeff',
    'x',
    '٣',
  ],
);
const strange = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

it('reads any bytes, and admits exactly those whom it can name a line for', () => {
  fc.assert(
    fc.property(strange, fc.array(address, { maxLength: 5 }), (bytes, addresses) => {
      const list = AccessList.read(bytes);
      for (const one of addresses) {
        expect(list?.admits(one)).toBe(list?.lineFor(one) !== undefined);
      }
      expect(list?.faults.length).toBeLessThanOrEqual(20);
    }),
    { numRuns: 3_000 },
  );
});

it('opens nothing by a line that is a fault', () => {
  fc.assert(
    fc.property(strange, fc.array(address, { minLength: 3, maxLength: 5 }), (bytes, addresses) => {
      const lines = bytes.toString().split(/\r\n|\n|\r/);
      const list = AccessList.read(bytes);
      if (list?.faultCount !== lines.filter((line) => line.trim() !== '').length) return;
      for (const one of addresses) expect(list.admits(one)).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});

/** Lines in every style, beside what Node's own list makes of them. */
const rule = fc.oneof(
  ipv4.map((text) => ({ line: text, apply: (list: BlockList) => { list.addAddress(text); } })),
  fc.tuple(octet, octet, octet).map(([a, b, c]) => ({
    line: `${a}.${b}.${c}`,
    apply: (list: BlockList) => { list.addSubnet(`${a}.${b}.${c}.0`, 24); },
  })),
  fc.tuple(octet, octet).map(([a, b]) => ({
    line: `${a}.${b}.`,
    apply: (list: BlockList) => { list.addSubnet(`${a}.${b}.0.0`, 16); },
  })),
  fc.tuple(octet, octet, octet, octet, octet).map(([a, b, c, d, e]) => {
    const [from, to] = [`${a}.${b}.${Math.min(c, e)}.${d}`, `${a}.${b}.${Math.max(c, e)}.${d}`];
    return { line: `${from}-${to}`, apply: (list: BlockList) => { list.addRange(from, to); } };
  }),
  fc.ipV6().filter((text) => !text.includes('.')).map((text) => ({
    line: text,
    apply: (list: BlockList) => { list.addAddress(text, 'ipv6'); },
  })),
); // prettier-ignore

it('agrees with another reader about lists of many lines', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 40 }),
      fc.array(address, { maxLength: 20 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (rules, addresses, end) => {
        const list = AccessList.read(Buffer.from(rules.map(({ line }) => line).join(end)));
        const oracle = new BlockList();
        for (const { apply } of rules) apply(oracle);
        expect(list?.faults).toEqual([]);
        for (const one of addresses) {
          // Node's list tells ::ffff:0:0/96 from IPv4, ours does not.
          const plain = one.replace(/^::ffff:(?=[\d.]+$)/, '');
          const expected = oracle.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
          expect([one, list?.admits(one)]).toEqual([one, expected]);
        }
      },
    ),
    { numRuns: 1_500 },
  );
});
