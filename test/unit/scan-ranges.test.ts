import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { asBranchlineError } from '#libs/errors';
import { parseRange, parseRanges, rangeText } from '#libs/phones';
import { rangesOf, readRanges, ScanTargets } from '#libs/scan';
import { tempTree } from '../support/temp-tree.ts';

/** The Guide's own example (p. 42). */
const guide = `192.168.0.1 192.168.0.128
192.168.35.27 192.168.35.97
10.0.0.1 10.0.0.50
`;

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return asBranchlineError(error).code;
  }
};

describe('a range', () => {
  it.each([
    ['192.168.0.1 192.168.0.128', '192.168.0.1 192.168.0.128'],
    ['  10.0.0.1\t10.0.0.50  ', '10.0.0.1 10.0.0.50'],
    ['10.0.0.1-10.0.0.50', '10.0.0.1 10.0.0.50'],
    ['10.0.0.1 - 10.0.0.50', '10.0.0.1 10.0.0.50'],
    ['10.0.0.7', '10.0.0.7'],
    ['10.0.0.0/24', '10.0.0.1 10.0.0.254'],
    ['10.0.0.8/31', '10.0.0.8 10.0.0.9'],
    ['10.0.0.8/32', '10.0.0.8'],
    ['10.0.0.255 10.0.1.0', '10.0.0.255 10.0.1.0'],
  ])('%j is understood', (text, range) => {
    expect(rangeText(parseRange(text))).toBe(range);
  });

  it.each([
    '',
    '10.0.0.9 10.0.0.1',
    '10.0.0.1 10.0.0.2 10.0.0.3',
    '10.0.0.256',
    '10.0.0.1/24',
    '10.0.0.0/33',
    '10.0.0.0/24/8',
    '0.0.0.0 10.0.0.1',
    '0.0.0.0/0',
    '223.255.255.254 224.0.0.1',
    '255.255.255.255',
    'phone.example',
    '::1',
    '10.0.0.1; 10.0.0.2',
  ])('%j is refused', (text) => {
    expect(codeOf(() => parseRange(text))).toBe('SCAN_RANGE_INVALID');
  });
});

describe('a file of ranges', () => {
  it("is the Guide's, from any editor", () => {
    const windows = `\ufeff# telephones\r\n\r\n${guide.replaceAll('\n', '\r\n')}`;
    for (const text of [guide, windows]) {
      expect(readRanges(text, 'ranges.txt').map(rangeText).join('\n')).toBe(guide.trimEnd());
    }
  });

  it('is refused as a whole, with the lines that are wrong', () => {
    const text = '10.0.0.1 10.0.0.2\n10.0.0.9 10.0.0.1\nphones\n';
    expect(() => readRanges(text, 'ranges.txt')).toThrow(/ranges\.txt, line 2: .*line 3: /);
    expect(codeOf(() => readRanges('# nothing\n', 'ranges.txt'))).toBe('SCAN_RANGE_INVALID');
    expect(codeOf(() => readRanges('10.0.0.1\n'.repeat(5_000), 'x'))).toBe('SCAN_RANGE_INVALID');
  });

  it('is looked for in the folder of scans, and nowhere else', async () => {
    const root = await tempTree({ 'Scan/floor 2.txt': guide, 'secret.txt': guide });
    const folder = path.join(root, 'Scan');
    expect(await rangesOf(folder, 'floor 2.txt')).toHaveLength(3);
    expect(await rangesOf(folder, '10.0.0.1, 10.0.0.3-10.0.0.4')).toHaveLength(2);
    await expect(rangesOf(folder, '../secret.txt')).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_TREE',
    });
    await expect(rangesOf(folder, 'none.txt')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the addresses of a scan', () => {
  const targets = (text: string, max = 1_000): ScanTargets =>
    new ScanTargets(parseRanges(text), max);

  it('are those of the ranges, each once, in order', () => {
    const some = targets(
      '10.0.0.4-10.0.0.5,10.0.0.1-10.0.0.2,10.0.0.2-10.0.0.4,10.0.0.255-10.0.1.1',
    );
    expect([...some]).toEqual([
      ...['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'],
      ...['10.0.0.255', '10.0.1.0', '10.0.1.1'],
    ]);
    expect([some.count, some.text]).toEqual([8, '10.0.0.1 10.0.0.5, 10.0.0.255 10.0.1.1']);
  });

  it('are as many as allowed, or nothing is scanned', () => {
    expect(targets('10.0.0.1-10.0.3.232').count).toBe(1_000);
    expect(codeOf(() => targets('10.0.0.1-10.0.3.233'))).toBe('SCAN_TOO_LARGE');
    expect(codeOf(() => targets('1.0.0.0-223.255.255.255', 65_536))).toBe('SCAN_TOO_LARGE');
    expect(codeOf(() => new ScanTargets([], 10))).toBe('SCAN_RANGE_INVALID');
  });
});
