import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIni } from '#libs/settings';

/** Text that is nearly an INI file, and now and then anything at all. */
const nearlyIni = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[',
        ']',
        '=',
        '#',
        ';',
        ' ',
        '\t',
        '\r',
        '\n',
        '\r\n',
        '\uFEFF',
        '[S]',
        'A=',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const name = fc.oneof(
  fc.constantFrom('S', 'A', 'a'),
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,15}$/),
);
const value = fc
  .string({ unit: 'binary', maxLength: 30 })
  .map((text) => text.replace(/[\r\n]/g, ' '));

it('prints any text as it was read', () => {
  fc.assert(
    fc.property(nearlyIni, (text) => {
      expect(parseIni(text).toString()).toBe(text);
    }),
    { numRuns: 3000 },
  );
});

it('reads a value that was set, before and after printing, and leaves all other keys alone', () => {
  fc.assert(
    fc.property(nearlyIni, name, name, value, (text, section, key, wanted) => {
      const ini = parseIni(text);
      const others = withoutKey(ini, section, key);
      ini.set(section, key, wanted);
      expect(ini.get(section, key)).toBe(wanted);
      const again = parseIni(ini.toString());
      expect(again.get(section, key)).toBe(wanted);
      expect(withoutKey(again, section, key)).toEqual(others);
    }),
    { numRuns: 3000 },
  );
});

it('changes one line, or adds at most a blank line, a section and a key', () => {
  fc.assert(
    fc.property(nearlyIni, name, name, value, (text, section, key, wanted) => {
      const ini = parseIni(text);
      const isNew = ini.get(section, key) === undefined;
      ini.set(section, key, wanted);
      const [before, after] = [lines(text), lines(ini.toString())];
      if (isNew) expect(after.length - before.length).toBeLessThanOrEqual(4);
      else {
        expect(after.length).toBe(before.length);
        expect(after.filter((line, index) => line !== before[index]).length).toBeLessThanOrEqual(1);
      }
    }),
  );
});

it('has nothing left of a key that was removed', () => {
  fc.assert(
    fc.property(nearlyIni, name, name, (text, section, key) => {
      const ini = parseIni(text);
      const others = withoutKey(ini, section, key);
      ini.set(section, key, '1');
      ini.remove(section, key);
      expect(ini.get(section, key)).toBeUndefined();
      expect(withoutKey(parseIni(ini.toString()), section, key)).toEqual(others);
    }),
  );
});

const plain = (text: string): string => text.replace(/\s/g, '').toLowerCase();
const lines = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** All other entries, without their lines. */
const withoutKey = (ini: ReturnType<typeof parseIni>, section: string, key: string): object[] =>
  ini
    .entries()
    .filter((entry) => plain(entry.section) !== plain(section) || plain(entry.key) !== plain(key))
    .map((entry) => ({ section: entry.section, key: entry.key, value: entry.value }));
