import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeSettings, loadSettings, SettingsError } from '#libs/settings';
import { settingsFile } from '../support/settings-file.ts';

const known = describeSettings();

/** Values that fit somewhere, values that fit nowhere, and anything. */
const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '2',
    '81',
    '81,80',
    '7.0',
    '-1',
    'Avaya',
    'hub:4411',
    '/srv',
    '../x',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const line = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...new Set(known.map((row) => `[${row.section}]`))) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom(...known.map((row) => row.key)), value)
      .map(([key, written]) => `${key}=${written}`),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);

it('gives settings, or every fault in one error: whatever stands in the file', async () => {
  const file = await settingsFile();
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), async (lines) => {
      const text = lines.join('\n');
      await writeFile(file, text);
      const count = text.split(/\r\n|\r|\n/).length;
      try {
        const { values } = await loadSettings(file, { env: {}, host: 'host' });
        expect(Object.isFrozen(values)).toBe(true);
        expect([values.ftp.superUserPassword, values.server.apiToken]).not.toContain('Avaya');
      } catch (error) {
        if (error instanceof SettingsError) {
          expect(error.faults.length).toBeGreaterThan(0);
          for (const fault of error.faults) expect(fault.line ?? 1).toBeLessThanOrEqual(count);
          expect(error.message.split('\n')).toHaveLength(error.faults.length);
        } else expect(error).toHaveProperty('code', 'SETTINGS_UNREADABLE');
      }
    }),
    { numRuns: 400 },
  );
});
