import { expect, it } from 'vitest';
import { isProtected } from '#libs/snmp';
import { report, response, v3Message } from '../support/v3-message.ts';

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
  expect(isProtected(v3Message(flags, pdu), needed)).toBe(believed);
});

it.each([Buffer.alloc(0), Buffer.from('3003020103', 'hex'), v3Message(0, response).subarray(0, 9)])(
  'what cannot be read is not believed',
  (datagram) => {
    expect(isProtected(datagram, auth)).toBe(false);
  },
);
