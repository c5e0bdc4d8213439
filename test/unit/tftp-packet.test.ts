import { expect, it } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '#libs/tftp';

const request = (...fields: string[]): Buffer =>
  Buffer.from(`\0\x01${fields.map((field) => `${field}\0`).join('')}`);

const codeOf = (datagram: Buffer): unknown => {
  try {
    return decodePacket(datagram);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

it('reads a request as the phones write it', () => {
  expect(
    decodePacket(request('46xxupgrade.scr', 'OCTET', 'BLKSIZE', '1428', 'tsize', '0')),
  ).toEqual({
    kind: 'read',
    file: '46xxupgrade.scr',
    mode: 'octet',
    options: new Map([
      ['blksize', '1428'],
      ['tsize', '0'],
    ]),
  });
});

it.each<Packet>([
  { kind: 'write', file: 'x', mode: 'netascii', options: new Map() },
  { kind: 'data', block: 65535, bytes: Buffer.from('data') },
  { kind: 'data', block: 1, bytes: Buffer.alloc(0) },
  { kind: 'ack', block: 258 },
  { kind: 'error', code: 1, message: 'File not found' },
  { kind: 'oack', options: new Map([['tsize', '123']]) },
])('writes and reads $kind', (packet) => {
  expect(decodePacket(encodePacket(packet))).toEqual(packet);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0])],
  ['an acknowledgement without a number', Buffer.from([0, 4])],
  ['an unknown opcode', Buffer.from([0, 9, 0, 0])],
  ['a request without an end', Buffer.from('\0\x01name')],
  ['a request without a mode', request('name')],
  ['a request for no name', request('', 'octet')],
  ['a request of more than 1 KiB', request('n'.repeat(1100), 'octet')],
  [
    '17 options',
    request('n', 'octet', ...Array.from({ length: 17 }, (_, n) => [`o${n}`, '1']).flat()),
  ],
  ['a block above 65464 bytes', Buffer.concat([Buffer.from([0, 3, 0, 1]), Buffer.alloc(65_465)])],
])('refuses %s', (_what, datagram) => {
  expect(codeOf(datagram)).toBe('PACKET_MALFORMED');
});

it('takes a request with 16 options', () => {
  const options = Array.from({ length: 16 }, (_, n) => [`o${n}`, '1']).flat();
  expect(codeOf(request('n', 'octet', ...options))).toHaveProperty('options.size', 16);
});

it.each([
  ['padding behind the mode', Buffer.concat([request('n', 'octet'), Buffer.alloc(20)])],
  ['an option without a value', request('n', 'octet', 'blksize')],
  ['an option without an end', Buffer.concat([request('n', 'octet'), Buffer.from('blksize')])],
])('reads the rest of a request with %s', (_what, datagram) => {
  expect(decodePacket(datagram)).toMatchObject({ file: 'n', mode: 'octet', options: new Map() });
});

it('keeps the first of a repeated option', () => {
  expect(decodePacket(request('n', 'octet', 'blksize', '8', 'blksize', '9'))).toHaveProperty(
    'options',
    new Map([['blksize', '8']]),
  );
});
