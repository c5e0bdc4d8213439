import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePacket, encodePacket } from '#libs/tftp';

/** Any bytes, most of them behind an opcode that exists. */
const datagram = fc
  .tuple(fc.option(fc.integer({ min: 0, max: 7 })), fc.uint8Array({ maxLength: 600 }))
  .map(([opcode, bytes]) =>
    opcode === null ? Buffer.from(bytes) : Buffer.concat([Buffer.from([0, opcode]), bytes]),
  );

it('answers any datagram with a packet or with PACKET_MALFORMED, never a crash', () => {
  fc.assert(
    fc.property(datagram, (bytes) => {
      try {
        const packet = decodePacket(bytes);
        expect(decodePacket(encodePacket(packet))).toEqual(packet);
      } catch (error) {
        expect(error).toHaveProperty('code', 'PACKET_MALFORMED');
      }
    }),
    { numRuns: 5000 },
  );
});

it('never takes more than 1 KiB of a request or 16 options', () => {
  const fields = fc.array(fc.string({ maxLength: 40 }), { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(fields, (texts) => {
      const bytes = Buffer.from(`\0\x01${texts.map((text) => `${text}\0`).join('')}`);
      try {
        const packet = decodePacket(bytes);
        expect(bytes.length).toBeLessThanOrEqual(1024);
        expect(packet.kind === 'read' && packet.options.size <= 16).toBe(true);
      } catch (error) {
        expect(error).toHaveProperty('code', 'PACKET_MALFORMED');
      }
    }),
    { numRuns: 2000 },
  );
});
