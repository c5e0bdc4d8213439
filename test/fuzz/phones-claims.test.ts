import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseMac, readPhoneFile, readUserAgent } from '#libs/phones';

/** Pieces of real ones between anything. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'AVAYA/J179-4.1',
      'AVAYA/SIP12x0',
      '(MAC:c81fea83e85a)',
      'Yealink SIP-T46S 66.85',
      'Cisco/SPA',
    ],
    ...['PolycomVVX-VVX_411-UA/5.9', 'snom821-SIP 8.7', 'Grandstream Model HW', 'SEP00562B043615'],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('-', '_', 'a', '0', ' ', '/', ':'), maxLength: 400 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

it('makes of any text at most short printable claims, quickly', () => {
  fc.assert(
    fc.property(text, (agent) => {
      const started = process.threadCpuUsage();
      for (const claim of [readUserAgent(agent), readPhoneFile(agent)]) {
        const { model = '', firmware = '', mac = '000000000001' } = claim;
        expect(model + firmware).toMatch(/^[\x20-\x7e]{0,128}$/);
        expect(parseMac(mac)).toBe(mac);
      }
      expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
    }),
    { numRuns: 3_000 },
  );
});
