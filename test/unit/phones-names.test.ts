import { describe, expect, it } from 'vitest';
import { backupType, objectsOf, parseMac, plainAddress } from '#libs/phones';

describe('backupType', () => {
  it.each([
    ['4610D01A', '4610'],
    ['4620', '4620'],
    ['4620D01B', '4620'],
    ['4621D01A', '4620'],
    ['4622D01A', '4620'],
    ['4625D01A', '4620'],
    ['4624D01A', '4624'],
    ['4602D02A', '4602'],
    ['9630D01A', '96xx'],
    ['9608D03A', '96xx'],
    ['1608D01A', '16xx'],
    ['J129D02A', 'J129'],
    ['B189D01A', 'B189'],
    ['strange', 'strange'],
  ])('calls the backup of a %s %s', (type, name) => {
    expect(backupType(type)).toBe(name);
  });
});

describe('plainAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
    ['nobody', 'nobody'],
  ])('spells %s as %s', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});

describe('parseMac', () => {
  it.each([
    ['00:07:3B:E1:22:33', '00073be12233'],
    ['00-07-3b-e1-22-33', '00073be12233'],
    ['0007.3be1.2233', '00073be12233'],
    ['00073BE12233', '00073be12233'],
    ['000000000000', undefined],
    ['ffffffffffff', undefined],
    ['00073be1223', undefined],
    ['00073be12233x', undefined],
    ['', undefined],
  ])('reads %s as %s', (text, mac) => {
    expect(parseMac(text)).toBe(mac);
  });
});

describe('objectsOf', () => {
  const avaya = '1.3.6.1.4.1.6889.1.69';
  it.each([
    [`${avaya}.1.4`, '4600'],
    [`${avaya}.2.0`, '96x0 and 96x1 H.323'],
    [`${avaya}.3`, '1600'],
    [`${avaya}.6.9`, 'J100 and 96x1 SIP'],
    [`${avaya}.66`, undefined],
    ['1.3.6.1.4.1.8072.3.2.10', undefined],
  ])('takes the agent %s for %s', (system, family) => {
    expect(objectsOf(system)?.family).toBe(family);
  });
});
