import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '#libs/archive';
import { memberName, refuseClashes } from '../../libs/archive/member-names.ts';
import { bothKinds } from '../support/both-kinds.ts';

const refused = (code: string): unknown => expect.objectContaining({ code });

describe.each(bothKinds)('on $kind, the name of a member', ({ paths }) => {
  const nameOf = (raw: string) => memberName('fw.zip', raw, defaultLimits, paths);

  it.each([
    ['fw/app.bin', { name: 'fw/app.bin', isFolder: false }],
    ['fw\\app.bin', { name: 'fw/app.bin', isFolder: false }],
    ['fw\\', { name: 'fw', isFolder: true }],
  ])('%j is %j', (raw, name) => {
    expect(nameOf(raw)).toEqual(name);
  });

  it.each([
    ['C:\\Windows\\x.dll'],
    ['c:x'],
    ['\\\\server\\share\\x'],
    ['\\\\?\\C:\\x'],
    ['/etc/x'],
    ['fw\\..\\..\\x'],
    ['fw/app.bin:hidden'],
    ['fw/NUL.bin'],
    ['fw/aux .txt'],
    ['fw./app.bin'],
    ['fw /app.bin'],
    ['BRANCH~1/staging/1/0'],
    ['.branchline/staging/1/0'],
  ])('%j is refused', (raw) => {
    expect(() => nameOf(raw)).toThrow(refused('ARCHIVE_NAME_UNSAFE'));
  });

  it.each([
    [['fw/App.bin', 'fw/app.BIN']],
    [['FW/a.bin', 'fw/A.bin']],
    [['Straße.txt', 'STRASSE.txt']],
    [['f\u00fcr.txt', 'fu\u0308r.txt']],
    [['fw', 'FW/app.bin']],
  ])('%j would meet on some disk', (raws) => {
    expect(() => {
      refuseClashes('fw.zip', raws.map(nameOf));
    }).toThrow(refused('ARCHIVE_NAME_CLASH'));
  });
});

it('that Windows cannot store is refused there, as a whole archive', () => {
  const nameOn = (paths: path.PlatformPath) =>
    memberName('fw.zip', 'logo?.jpg', defaultLimits, paths);
  expect(nameOn(path.posix).name).toBe('logo?.jpg');
  expect(() => nameOn(path.win32)).toThrow(refused('ARCHIVE_NAME_UNSAFE'));
});
