import { expect, it } from 'vitest';
import { parseObjectIdentifier } from '#libs/phones';
import { decodeMessage, encodeMessage, type SnmpMessage, type SnmpValue } from '#libs/snmp';

const message = (...values: SnmpValue[]): SnmpMessage => ({
  kind: 'response',
  version: '2c',
  community: 'public',
  requestId: 0x1234_5678,
  errorStatus: 0,
  errorIndex: 0,
  bindings: values.map((value, index) => ({ oid: `1.3.6.1.4.1.6889.2.69.${index}`, value })),
});

const codeOf = (datagram: Buffer): unknown => {
  try {
    return decodeMessage(datagram);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

/** What `snmpget -v2c -cpublic ADDRESS 1.3.6.1.2.1` sends. */
const question = Buffer.from(
  '302602010104067075626c6963a019020412345678020100020100300b300906052b060102010500',
  'hex',
);

it('reads a question byte by byte', () => {
  expect(decodeMessage(question)).toEqual({
    kind: 'get',
    version: '2c',
    community: 'public',
    requestId: 0x1234_5678,
    errorStatus: 0,
    errorIndex: 0,
    bindings: [{ oid: '1.3.6.1.2.1', value: { kind: 'null' } }],
  });
  expect(encodeMessage(decodeMessage(question))).toEqual(question);
});

it('writes and reads every kind of value', () => {
  const all = message(
    { kind: 'integer', value: -0x8000_0000 },
    { kind: 'integer', value: 0 },
    { kind: 'integer', value: 127 },
    { kind: 'integer', value: 128 },
    { kind: 'integer', value: -129 },
    { kind: 'counter32', value: 0xffff_ffff },
    { kind: 'gauge32', value: 0x8000_0000 },
    { kind: 'timeTicks', value: 300 },
    { kind: 'counter64', value: 0xffff_ffff_ffff_ffffn },
    { kind: 'string', bytes: Buffer.from('4610D01A') },
    { kind: 'string', bytes: Buffer.alloc(300, 'x') },
    { kind: 'opaque', bytes: Buffer.from([1, 2]) },
    { kind: 'object', oid: '2.999.4294967295.0' },
    { kind: 'address', address: '10.0.255.1' },
    { kind: 'null' },
    { kind: 'noSuchObject' },
    { kind: 'noSuchInstance' },
    { kind: 'endOfMibView' },
  );
  expect(decodeMessage(encodeMessage(all))).toEqual(all);
});

it('understands an unsigned number without the zero in front', () => {
  const sound = encodeMessage(message({ kind: 'gauge32', value: 0x0102_0304 }));
  const high = Buffer.from(sound);
  high[high.length - 4] = 0xff;
  expect(decodeMessage(high).bindings[0]?.value).toEqual({ kind: 'gauge32', value: 0xff02_0304 });
});

it('ignores what follows a message', () => {
  expect(decodeMessage(Buffer.concat([question, Buffer.alloc(40)]))).toEqual(
    decodeMessage(question),
  );
});

const replaced = (from: string, to: string): Buffer =>
  Buffer.from(question.toString('hex').replace(from, to), 'hex');

it.each([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0x30])],
  ['a message cut short', question.subarray(0, -1)],
  ['an indefinite length', Buffer.from('308002010100', 'hex')],
  ['a length of five bytes', Buffer.from('30850000000001', 'hex')],
  ['an element that is longer than its sequence', replaced('020100020100300b', '020100020100300f')],
  ['version 3', replaced('302602010104', '302602010304')],
  ['a SET', replaced('a019', 'a319')],
  ['a number without bytes', replaced('302602010104067075626c6963', '302502000404067075626c6963')],
  ['a value of an unknown kind', replaced('06052b060102010500', '06052b060102015f00')],
  ['an object without an end', replaced('06052b06010201', '06052b06010281')],
  ['an address of three bytes', replaced('300906052b0601020105', '300906022b06400301020305')],
  ['a number of 33 bits', encodeMessage({ ...message(), requestId: 0x1_0000_0000 })],
  [
    '129 values',
    encodeMessage(message(...Array.from({ length: 129 }, () => ({ kind: 'null' }) as const))),
  ],
  ['a community of 256 bytes', encodeMessage({ ...message(), community: 'c'.repeat(256) })],
])('refuses %s', (_what, datagram) => {
  expect(codeOf(datagram)).toBe('PACKET_MALFORMED');
});

it.each([
  ['.1.3.6.1.4.1.6889', '1.3.6.1.4.1.6889'],
  ['1.3.06', '1.3.6'],
  ['2.999', '2.999'],
  ['1', undefined],
  ['3.1', undefined],
  ['1.40', undefined],
  ['1.3.4294967296', undefined],
  ['1..3', undefined],
  ['sysName', undefined],
  [`1${'.1'.repeat(128)}`, undefined],
])('takes %s for the object %s', (text, oid) => {
  expect(parseObjectIdentifier(text)).toBe(oid);
});
