import { expect, it } from 'vitest';
import { isProtected } from '#libs/snmp';

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const int = (value: number): Buffer => tlv(0x02, Buffer.from([value]));
const bytes = (...values: readonly number[]): Buffer => tlv(0x04, Buffer.from(values));

/** A v3 message with these flags and a PDU with this tag, encrypted or not. */
const message = (flags: number, pdu: number): Buffer =>
  tlv(
    0x30,
    int(3),
    tlv(0x30, int(1), int(100), bytes(flags), int(3)),
    bytes(1, 2, 3),
    (flags & 2) === 0 ? tlv(0x30, bytes(), bytes(), tlv(pdu, int(1))) : bytes(9, 9, 9),
  );

const [response, report] = [0xa2, 0xa8];
const [none, auth, both] = [0, 1, 3];

it.each([
  ['an answer as it was asked for', both, both, response, true],
  ['an authenticated answer as it was asked for', auth, auth, response, true],
  ['an answer without protection that nobody asked for', none, none, response, true],
  ['an answer without authentication', auth, none, response, false],
  ['an answer that is not encrypted', both, auth, response, false],
  ['an answer without any protection', both, none, response, false],
  ['an answer encrypted and not authenticated', both, 2, response, false],
  ['a report before there is protection', both, none, report, true],
  ['an authenticated report', both, auth, report, true],
])('%s is believed or not', (_what, needed, flags, pdu, believed) => {
  expect(isProtected(message(flags, pdu), needed)).toBe(believed);
});

it.each([Buffer.alloc(0), Buffer.from('3003020103', 'hex'), message(0, response).subarray(0, 9)])(
  'what cannot be read is not believed',
  (datagram) => {
    expect(isProtected(datagram, auth)).toBe(false);
  },
);
