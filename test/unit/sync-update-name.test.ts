import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireUpdateName } from '#libs/sync';
import { bothKinds } from '../support/both-kinds.ts';

const refused: unknown = expect.objectContaining({ code: 'NAME_MALFORMED' });

describe.each(bothKinds)('on $kind, an update', ({ paths }) => {
  it.each(['J100_4_1_5.zip', '46xxsettings.txt', 'Firmware 4.1.zip'])(
    'may be called %s',
    (name) => {
      expect(requireUpdateName(name, paths)).toBe(name);
    },
  );

  it.each([
    '',
    'a/b.zip',
    'a\\b.zip',
    'C:b.zip',
    'b.zip:stream',
    'nul.zip',
    'b.zip.',
    'UPDATE~1.ZIP',
    '.branchline',
    'b.zip.part',
  ])('may not be called %j', (name) => {
    expect(() => requireUpdateName(name, paths)).toThrow(refused);
  });
});

it('may have no name that Windows cannot store, there', () => {
  expect(requireUpdateName('new?.zip', path.posix)).toBe('new?.zip');
  expect(() => requireUpdateName('new?.zip', path.win32)).toThrow(refused);
});
