import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  isProtected,
  type SnmpMessage,
  type SnmpValue,
} from '#libs/snmp';

const arc = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const oid = fc
  .tuple(fc.nat(2), fc.nat(39), fc.array(arc, { maxLength: 20 }))
  .map(([first, second, rest]) => [first, second, ...rest].join('.'));
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const value: fc.Arbitrary<SnmpValue> = fc.oneof(
  fc.record({ kind: fc.constant('integer' as const), value: fc.integer() }),
  fc.record({ kind: fc.constantFrom('counter32', 'gauge32', 'timeTicks'), value: u32 }),
  fc.record({ kind: fc.constant('counter64' as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  fc.record({ kind: fc.constantFrom('string', 'opaque'), bytes }),
  fc.record({ kind: fc.constant('object' as const), oid }),
  fc.record({ kind: fc.constant('address' as const), address: fc.ipV4() }),
  fc.record({
    kind: fc.constantFrom('null', 'noSuchObject', 'noSuchInstance', 'endOfMibView'),
  }),
);
const message: fc.Arbitrary<SnmpMessage> = fc.record({
  kind: fc.constantFrom('get', 'response'),
  version: fc.constantFrom('1', '2c'),
  community: fc
    .uint8Array({ maxLength: 255 })
    .map((array) => Buffer.from(array).toString('latin1')),
  requestId: fc.integer(),
  errorStatus: fc.nat(18),
  errorIndex: fc.nat(128),
  bindings: fc.array(fc.record({ oid, value }), { maxLength: 12 }),
});

/** Sound messages with some bytes changed, cut or added: they reach deeper than noise. */
const damaged = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400))
  .map(([sound, changes, cut]) => {
    const datagram = encodeMessage(sound);
    for (const [at, byte] of changes) datagram[at % datagram.length] = byte;
    return datagram.subarray(0, Math.max(1, datagram.length - (cut % 5)));
  });
const noise = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));

it('reads what it writes', () => {
  fc.assert(
    fc.property(message, (sound) => {
      expect(decodeMessage(encodeMessage(sound))).toEqual(sound);
    }),
    { numRuns: 3_000 },
  );
});

it('answers any datagram with a message or with PACKET_MALFORMED, never a crash', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (datagram) => {
      try {
        const read = decodeMessage(datagram);
        expect(decodeMessage(encodeMessage(read))).toEqual(read);
      } catch (error) {
        expect(error).toHaveProperty('code', 'PACKET_MALFORMED');
      }
    }),
    { numRuns: 20_000 },
  );
});

it('takes nothing for protected that is not, whatever the datagram', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (datagram) => {
      // No message of v1 or v2c has the header of v3.
      expect(isProtected(datagram, 1)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});
