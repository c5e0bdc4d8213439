import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { partialBeside, resolveInside, safeName } from '#libs/files';

describe('a name that a phone or an archive gives', () => {
  it.each([
    ['46xxsettings.txt', '46xxsettings.txt'],
    ['/46xxsettings.txt', '46xxsettings.txt'],
    ['//server/share/x', 'server/share/x'],
    ['fw\\96x1\\app.bin', 'fw/96x1/app.bin'],
    ['a//b', 'a/b'],
    ['.hidden', '.hidden'],
    ['Ärger & Söhne.txt', 'Ärger & Söhne.txt'],
    ['common.txt', 'common.txt'],
    ['x'.repeat(240), 'x'.repeat(240)],
  ])('%j is %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
    expect(resolveInside('/srv/tree', name)).toBe(path.join('/srv/tree', safe));
  });

  it.each([
    ['..'],
    ['../evil'],
    ['a/../../evil'],
    ['..\\..\\evil'],
    ['a/..'],
    ['C:/x'],
    ['c:x'],
    ['/C:/x'],
    ['.branchline/state'],
    ['a/.Branchline'],
    ['.46xxsettings.txt.0011aa.partial'],
    ['x.PARTIAL'],
  ])('%j leads out of the tree or to what is ours', (name) => {
    expect(() => safeName(name)).toThrow(expect.objectContaining({ code: 'PATH_OUTSIDE_TREE' }));
  });

  it.each([
    [''],
    ['/'],
    ['.'],
    ['./a'],
    ['a/'],
    ['a\u0000.txt'],
    ['a\nb'],
    ['a\u0085b'],
    ['a\ud800'],
    ['file.txt:stream'],
    ['trailing.'],
    ['trailing '],
    ['dir./x'],
    ['CON'],
    ['nul.txt'],
    ['a/COM1.bin'],
    ['lpt¹'],
    ['x'.repeat(241)],
    ['ä'.repeat(121)],
    [Array.from({ length: 300 }, () => 'abc').join('/')],
  ])('%j is no usable name', (name) => {
    expect(() => safeName(name)).toThrow(expect.objectContaining({ code: 'NAME_MALFORMED' }));
  });

  it('stays within what a disk allows for the temporary file beside the longest of them', () => {
    expect(
      Buffer.byteLength(path.basename(partialBeside('𝄞'.repeat(60).padEnd(120, 'x')))),
    ).toBeLessThan(255);
  });
});
