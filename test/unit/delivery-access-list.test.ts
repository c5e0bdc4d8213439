import { expect, it } from 'vitest';
import { AccessList } from '#libs/delivery';

const listed = (...lines: string[]): AccessList => {
  const list = AccessList.read(Buffer.from(lines.join('\n')));
  if (list === undefined) throw new Error('too many lines');
  return list;
};

it.each([
  // Guide p. 41: a full address, the leading part of one, a range.
  ['192.168.0.1', ['192.168.0.1'], ['192.168.0.0', '192.168.0.2', '192.168.0.10', '192.168.1.1']],
  ['192.168.0', ['192.168.0.0', '192.168.0.255'], ['192.167.255.255', '192.168.1.0']],
  ['192.168.0.', ['192.168.0.77'], ['192.168.1.0']],
  ['192.168.1', ['192.168.1.9'], ['192.168.10.9', '192.168.100.9']],
  ['172.16', ['172.16.0.0', '172.16.255.255'], ['172.17.0.0', '172.160.0.1']],
  ['10', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '100.0.0.1', '11.0.0.0']],
  [
    '192.168.0.1-192.168.0.128',
    ['192.168.0.1', '192.168.0.64', '192.168.0.128'],
    ['192.168.0.0', '192.168.0.129'],
  ],
  ['192.168.0.250-192.168.1.5', ['192.168.0.255', '192.168.1.0'], ['192.168.0.249']],
  ['192.168.0.1 - 192.168.0.2', ['192.168.0.2'], ['192.168.0.3']],
  ['10.0.0.1-10.0.0.1', ['10.0.0.1'], ['10.0.0.2']],
  // Beyond it.
  ['10.1.0.0/16', ['10.1.0.0', '10.1.255.255'], ['10.0.255.255', '10.2.0.0']],
  ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
  ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255', '::ffff:1.2.3.4'], ['2001:db8::1']],
  ['2001:db8::1', ['2001:db8::1', '2001:DB8:0:0:0:0:0:1'], ['2001:db8::2']],
  ['2001:db8::/32', ['2001:db8:ffff::', '2001:db8::'], ['2001:db9::', '10.0.0.1']],
  ['fe80::1-fe80::9', ['fe80::5', 'fe80::5%eth0'], ['fe80::a']],
  ['::ffff:192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'], ['192.0.2.8']],
  ['192.0.2.7', ['::ffff:192.0.2.7'], ['::192.0.2.7']],
  ['::/0', ['2001:db8::1', '10.0.0.1', '::'], []],
])('%j admits %j and not %j', (line, inside, outside) => {
  const list = listed(line);
  expect(list.faults).toEqual([]);
  for (const address of inside) expect([address, list.admits(address)]).toEqual([address, true]);
  for (const address of outside) expect([address, list.admits(address)]).toEqual([address, false]);
});

it.each([
  ...['192.168.0.256', '192.168.0.1.1', '192.168..1', '.168.0', '-', '-10.0.0.1', '10.0.0.1-'],
  ...['10.0.0.9-10.0.0.1', '10.0.0.1-10.0.0.2-10.0.0.3', '10.0.0.1-128', '10.0.0-10.0.1'],
  ...['10.0.0.1-::1', '10.1.2.3/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8'],
  ...['10/8', '010.0.0.1', '10.0.0.01', '192.168.0.*', '*', 'all', 'phone.example', '1e2', '0x0a'],
  ...[
    '192.168.0.0/255.255.255.0',
    '2001:db8',
    '2001:db8::/129',
    '::1::',
    'fe80::1%eth0',
    '192,168',
  ],
  ...['10.0.0.1 10.0.0.2', '10.0.0.1,10.0.0.2', '１０.0.0.1', '10.0.0.1\0', '256', '-1'],
])('a line that says %j is a fault, and admits nobody', (line) => {
  const list = listed('# phones', line, '192.0.2.1');
  expect(list.faults).toMatchObject([{ line: 2, text: line.trim() }]);
  expect(list.size).toBe(1);
  expect(list.admits('192.0.2.1')).toBe(true);
  for (const address of ['0.0.0.0', '10.0.0.1', '10.0.0.5', '192.168.0.1', '::1', 'fe80::1']) {
    expect([address, list.admits(address)]).toEqual([address, false]);
  }
});

it.each([
  ['Windows', 'a\r\n\r\n10.0.0.1\r\n'],
  ['old Macintosh', 'a\r\r10.0.0.1\r'],
  ['Unix', 'a\n\n10.0.0.1'],
])('reads the lines of a %s editor', (_, text) => {
  const list = AccessList.read(Buffer.from(text));
  expect(list?.faults).toMatchObject([{ line: 1 }]);
  expect(list?.lineFor('10.0.0.1')).toEqual({ line: 3, text: '10.0.0.1' });
});

it.each([
  ['UTF-8', Buffer.from('\ufeff10.0.0.1\r\n10.0.0.2')],
  ['UTF-16', Buffer.from('\ufeff10.0.0.1\r\n10.0.0.2', 'utf16le')],
])('reads past the byte order mark of %s', (_, bytes) => {
  const list = AccessList.read(bytes);
  expect([list?.faultCount, list?.admits('10.0.0.1'), list?.admits('10.0.0.2')]).toEqual([
    0,
    true,
    true,
  ]);
});

it('passes over blank lines and comments', () => {
  const list = listed(
    ...['# phones', '; of', '', '   ', '\t', '  # lab', '10.0.0.1 # one', '10.0.0.2\t; two'],
  );
  expect([list.faultCount, list.size]).toEqual([0, 2]);
});

it('admits nobody when it is empty, and nobody without an IP address', () => {
  expect(listed('').admits('10.0.0.1')).toBe(false);
  for (const address of ['', 'phone', '10.0.0', '10.0.0.1:69']) {
    expect(listed('0.0.0.0/0').admits(address)).toBe(false);
  }
});

it('names the first line that admits an address', () => {
  const list = listed('10.0.0.1-10.0.0.9', '10.0.0', '10.0.0.5', '10', '10.0.0.3-10.0.1.4');
  expect(list.lineFor('10.0.0.5')).toEqual({ line: 1, text: '10.0.0.1-10.0.0.9' });
  expect(list.lineFor('10.0.0.77')?.line).toBe(2);
  expect(list.lineFor('10.0.1.1')?.line).toBe(4);
  expect(list.lineFor('11.0.0.1')).toBeUndefined();
});

it('admits all of ranges that overlap or hold each other', () => {
  const list = listed('10.0.0.5-10.0.0.9', '10.0.0.1-10.0.0.20', '10.0.0.6', '10.0.0.15-10.0.0.30');
  for (const last of [1, 5, 10, 20, 21, 30]) expect(list.admits(`10.0.0.${last}`)).toBe(true);
  for (const last of [0, 31]) expect(list.admits(`10.0.0.${last}`)).toBe(false);
});

it('tells the first faults, cut short, and counts all', () => {
  const list = listed(...Array.from({ length: 500 }, (_, n) => `${'x'.repeat(5_000)} ${n}`));
  expect(list.faultCount).toBe(500);
  expect(list.faults).toHaveLength(20);
  expect(list.faults[0]?.text).toHaveLength(80);
});

it('is no list with more than 10,000 entries', () => {
  const lines = (count: number): Buffer => Buffer.from('10.0.0.1\n'.repeat(count));
  expect(AccessList.read(lines(10_000))?.size).toBe(10_000);
  expect(AccessList.read(lines(10_001))).toBeUndefined();
});
