import { describe, expect, it } from 'vitest';
import { listValues, SettingsError } from '#libs/settings';
import { faultsOf, settingsOf } from '../support/settings-file.ts';

const accessOf = async (params: string) =>
  (await settingsOf(['[SNMP]', `Params=${params}`])).snmpAccess;

async function refusalOf(params: string): Promise<SettingsError> {
  try {
    await settingsOf(['[SNMP]', `Params=${params}`]);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('Params', () => {
  it.each([
    [' -v2c -cpublic', { version: '2c', community: 'public' }],
    ['-v 1 -c branch', { version: '1', community: 'branch' }],
    ['-c "two words" -v2c', { version: '2c', community: 'two words' }],
    [`-v2c -c 'it"s'`, { version: '2c', community: 'it"s' }],
    [
      '-v2c -cpublic -t 0.5 -r3',
      { version: '2c', community: 'public', timeoutSeconds: 0.5, retries: 3 },
    ],
    ['-v2c -cpublic -Ovq -m ALL', { version: '2c', community: 'public' }],
    ['-v3 -u phone', { version: '3', user: 'phone', context: '' }],
    [
      '-v3 -u phone -l authNoPriv -a sha256 -A 12345678 -n c',
      {
        version: '3',
        user: 'phone',
        context: 'c',
        auth: { protocol: 'SHA-256', passphrase: '12345678' },
      },
    ],
    [
      '-v3 -uphone -lauthPriv -aMD5 -A12345678 -xAES128 "-X with spaces"',
      {
        version: '3',
        user: 'phone',
        context: '',
        auth: { protocol: 'MD5', passphrase: '12345678' },
        privacy: { protocol: 'AES', passphrase: ' with spaces' },
      },
    ],
    [
      '-v3 -u p -l authPriv -a SHA -A 12345678 -x aes-256 -X 12345678',
      {
        version: '3',
        user: 'p',
        context: '',
        auth: { protocol: 'SHA', passphrase: '12345678' },
        privacy: { protocol: 'AES-256', passphrase: '12345678' },
      },
    ],
  ])('%s is understood', async (params, access) => {
    expect(await accessOf(params)).toEqual(access);
  });

  it.each([
    ['-cpublic', 'version'],
    ['-v2 -cpublic', 'version'],
    ['-v2c', '-c'],
    ['-v2c -c', '-c'],
    ['-v2c -cpublic 10.0.0.1', 'no option'],
    ['-v2c -cpublic -cother', 'twice'],
    ['-v2c -cpublic -D ALL', '-D'],
    ['-v2c -cpublic -u x', '-u'],
    ['-v2c -c "public', 'quotation'],
    ['-v2c -cpublic -t 99', '-t'],
    ['-v2c -cpublic -r many', '-r'],
    ['-v3', '-u'],
    ['-v3 -u x -cpublic', '-c'],
    ['-v3 -u x -l all', '-l'],
    ['-v3 -u x -A 12345678', '-A'],
    ['-v3 -u x -l authNoPriv -A 12345678', '-a'],
    ['-v3 -u x -l authNoPriv -a SHA -A 1234567', '-A'],
    ['-v3 -u x -l authPriv -a SHA -A 12345678', '-x'],
    ['-v3 -u x -l authPriv -a SHA -A 12345678 -x AES-192 -X 12345678', '-x'],
    ['-v3 -u x -l authPriv -a SHA -A 12345678 -x DES -X 12345678', '-x'],
    ['-v3 -u x -l authPriv -a SHA -A 12345678 -x AES -X short', '-X'],
  ])('%s is a fault of its line that says why', async (params, why) => {
    const { faults } = await refusalOf(params);
    expect(faults).toMatchObject([{ line: 2, key: 'Params' }]);
    expect(faults[0]?.message).toContain(why);
  });

  it('never stands in a fault with its secrets', async () => {
    for (const params of [
      '-v2c -c hush-hush extra',
      '-v3 -u x -l authNoPriv -a NONE -A hush-hush',
    ]) {
      expect((await refusalOf(params)).message).not.toContain('hush');
    }
  });

  it.each([
    [' -v2c -cpublic', '-v 2c -c public'],
    ['-v2c -c hush-hush', '-v 2c -c ********'],
    [
      '-v3 -u phone -l authPriv -a SHA -A hush-hush1 -x AES -X hush-hush2',
      '-v 3 -u phone -l authPriv -a SHA -A ******** -x AES -X ********',
    ],
  ])('%s is shown as %s', async (params, shown) => {
    const settings = await settingsOf(['[SNMP]', `Params=${params}`]);
    expect(listValues(settings).find(({ key }) => key === 'Params')).toMatchObject({
      value: shown,
      written: shown,
    });
    expect(await accessOf(shown)).toMatchObject({ version: params.includes('3') ? '3' : '2c' });
  });

  it('counts for nothing when telephones are not asked', async () => {
    expect((await settingsOf(['[SNMP]', 'UseSNMP=0'])).snmpAccess).toBeUndefined();
  });
});

it.each(['sysName', '1', '.3.1', '1.3.4294967296', ''])('ExtObject=%s', async (value) => {
  const faults = await faultsOf(['[SNMP]', `ExtObject=${value}`]);
  // Empty is as good as none.
  expect(faults).toHaveLength(value === '' ? 0 : 1);
});
