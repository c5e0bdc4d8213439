import fc from 'fast-check';
import { expect, it } from 'vitest';
import { listValues, SettingsError, type Settings } from '#libs/settings';
import { settingsOf } from '../support/settings-file.ts';

const secret = 'Tell-Nobody-1';
const word = fc.oneof(
  fc.constantFrom('-v2c', '-v1', '-v3', '-v', '-u', 'phone', '-l', 'authPriv', 'authNoPriv', '-a'),
  fc.constantFrom('SHA', '-x', 'AES', '-t', '1', '-r', '-Oq', '"', "'", '-n', '-z', '-cpublic'),
  fc.constantFrom(`-c${secret}`, `-A ${secret}`, `-X "${secret}"`, `-c '${secret}'`),
);

it('shows no secret of Params, whatever else stands there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 10 }), async (words) => {
      const line = `Params=${words.join(' ')}`;
      const loaded: unknown = await settingsOf(['[SNMP]', line]).catch((error: unknown) => error);
      if (loaded instanceof SettingsError) {
        expect(loaded.message).not.toContain(secret);
        return;
      }
      const shown = listValues(loaded as Settings).find(({ key }) => key === 'Params');
      expect(JSON.stringify(shown)).not.toContain(secret);
    }),
    { numRuns: 300 },
  );
});
