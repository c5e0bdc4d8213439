import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultOf, isBelow, partialBeside, resolveInside, safeName } from '#libs/files';
import { bothKinds } from '../support/both-kinds.ts';

describe.each(bothKinds)('on $kind, a name that a phone or an archive gives', ({ paths, root }) => {
  it.each([
    ['46xxsettings.txt', '46xxsettings.txt'],
    ['/46xxsettings.txt', '46xxsettings.txt'],
    ['//server/share/x', 'server/share/x'],
    ['\\\\server\\share\\x', 'server/share/x'],
    ['fw\\96x1\\app.bin', 'fw/96x1/app.bin'],
    ['a//b', 'a/b'],
    ['.hidden', '.hidden'],
    ['..hidden', '..hidden'],
    ['Ärger & Söhne.txt', 'Ärger & Söhne.txt'],
    ['common.txt', 'common.txt'],
    ['com10.txt', 'com10.txt'],
    ['nulls.txt', 'nulls.txt'],
    ['~user', '~user'],
    ['backup~', 'backup~'],
    ['2001_96xxdata~1.txt', '2001_96xxdata~1.txt'],
    ['x'.repeat(240), 'x'.repeat(240)],
  ])('%j is %j', (name, safe) => {
    expect(safeName(name, paths)).toBe(safe);
    expect(resolveInside(root, name, paths)).toBe(paths.join(root, ...safe.split('/')));
    expect(isBelow(resolveInside(root, name, paths), root, paths)).toBe(true);
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
    ['\\C:\\x'],
    ['.branchline/state'],
    ['a/.Branchline'],
    ['.46xxsettings.txt.0011aa.partial'],
    ['x.PARTIAL'],
  ])('%j leads out of the tree or to what is ours', (name) => {
    expect(() => safeName(name, paths)).toThrow(
      expect.objectContaining({ code: 'PATH_OUTSIDE_TREE' }),
    );
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
    ['file.txt::$DATA'],
    ['\\\\?\\C:\\x'],
    ['\\\\.\\pipe\\x'],
    ['trailing.'],
    ['trailing '],
    ['dir./x'],
    ['CON'],
    ['nul.txt'],
    ['nul .txt'],
    ['NUL.tar.gz'],
    ['a/COM1.bin'],
    ['lpt¹'],
    ['conin$'],
    ['BRANCH~1'],
    ['branch~1/state.db'],
    ['HTTP_A~1.TXT'],
    ['fw/A~12.B'],
    ['x'.repeat(241)],
    ['ä'.repeat(121)],
    [Array.from({ length: 300 }, () => 'abc').join('/')],
  ])('%j is no usable name', (name) => {
    expect(() => safeName(name, paths)).toThrow(
      expect.objectContaining({ code: 'NAME_MALFORMED' }),
    );
  });

  it('stays within what a disk allows for the temporary file beside the longest of them', () => {
    const target = paths.join(root, '𝄞'.repeat(60).padEnd(120, 'x'));
    const partial = partialBeside(target, paths);
    expect(paths.dirname(partial)).toBe(root);
    expect(Buffer.byteLength(paths.basename(partial))).toBeLessThan(255);
  });
});

it.each(['what?.jpg', 'a*b', '<b>.txt', '"x"', 'a|b'])(
  '%j, which Windows cannot store, is refused there and nowhere else',
  (name) => {
    expect(safeName(name, path.posix)).toBe(name);
    expect(faultOf(name, path.posix)).toBeUndefined();
    expect(() => safeName(name, path.win32)).toThrow(
      expect.objectContaining({ code: 'NAME_MALFORMED' }),
    );
  },
);

describe('below a folder', () => {
  it.each([
    ['/srv/tree/a', '/srv/tree', true],
    ['/srv/tree/..a', '/srv/tree', true],
    ['/srv/tree', '/srv/tree', false],
    ['/srv/tree2/a', '/srv/tree', false],
    ['/srv/Tree/a', '/srv/tree', false],
    ['/srv/tree/../a', '/srv/tree', false],
    ['/a', '/', true],
  ])('%s in %s on Linux: %s', (place, folder, below) => {
    expect(isBelow(place, folder, path.posix)).toBe(below);
  });

  it.each([
    ['D:\\tree\\a', 'D:\\tree', true],
    ['d:\\TREE\\a', 'D:\\tree', true],
    ['D:\\tree', 'D:\\tree', false],
    ['D:\\tree2\\a', 'D:\\tree', false],
    ['E:\\tree\\a', 'D:\\tree', false],
    ['D:\\a', 'D:\\', true],
    ['\\\\hub\\share\\tree\\a', '\\\\hub\\share\\tree', true],
    ['\\\\hub\\other\\tree\\a', '\\\\hub\\share\\tree', false],
    ['\\\\?\\D:\\tree\\a', 'D:\\tree', false],
  ])('%s in %s on Windows: %s', (place, folder, below) => {
    expect(isBelow(place, folder, path.win32)).toBe(below);
  });
});
