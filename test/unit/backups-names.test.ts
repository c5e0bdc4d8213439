import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NamePatterns } from '#libs/backups';

const names = new NamePatterns(['<ext>_96xxdata.txt', 'poly/<mac>-app.log', 'a?b*.(x)']);

it.each([
  ['2001_96xxdata.txt', '2001'],
  ['2001_96XXDATA.TXT', '2001'],
  [`${'1'.repeat(32)}_96xxdata.txt`, '1'.repeat(32)],
  ['poly/0004f2ABCDEF-app.log', undefined],
  ['axb.(x)', undefined],
  ['a-b123.(x)', undefined],
])('%s fits', (name, extension) => {
  expect(names.fit(name)).toEqual({ extension });
});

it.each([
  '_96xxdata.txt',
  `${'1'.repeat(33)}_96xxdata.txt`,
  'x/2001_96xxdata.txt',
  '2001_96xxdata.txt ',
  '2001_96xxdataXtxt',
  '+2001_96xxdata.txt',
  '0004f2abcdef-app.log',
  'poly/0004f2abcde-app.log',
  'poly\\0004f2abcdef-app.log',
  'a/b.(x)',
  'axb/.(x)',
])('%j does not fit', (name) => {
  expect(names.fit(name)).toBeUndefined();
});

it('never takes a name with another folder in it', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(names.fit(`${a}/${b}/x`)).toBeUndefined();
      expect(names.fit(`${a}\\${b}`)).toBeUndefined();
    }),
  );
});
