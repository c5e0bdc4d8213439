import * as library from 'net-snmp';
import { expect, it, onTestFinished } from 'vitest';
import type { SnmpValue, UserCredentials } from '#libs/snmp';
import { UserClient } from '#libs/snmp';
import { guideObjects, startCommunityClient, startIdentifier } from '../support/identifier.ts';
import { phoneOf4600, startPhoneAgent } from '../support/phone-agent.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { startSnmpd } from '../support/real-snmpd.ts';

const base = '1.3.6.1.4.1.6889.2.69.9';
/** One of each kind, with what the library and snmpget -Oqn make of it. */
const kinds: readonly (readonly [SnmpValue, unknown, string])[] = [
  [{ kind: 'integer', value: -2_147_483_648 }, -2_147_483_648, '-2147483648'],
  [{ kind: 'integer', value: 128 }, 128, '128'],
  [{ kind: 'counter32', value: 4_294_967_295 }, 4_294_967_295, '4294967295'],
  [{ kind: 'gauge32', value: 2_147_483_648 }, 2_147_483_648, '2147483648'],
  [{ kind: 'timeTicks', value: 12_345 }, 12_345, '12345'],
  [{ kind: 'string', bytes: Buffer.from('4610D01A') }, Buffer.from('4610D01A'), '"4610D01A"'],
  [
    { kind: 'object', oid: '1.3.6.1.4.1.6889.1.69.1.4294967295' },
    '1.3.6.1.4.1.6889.1.69.1.4294967295',
    '.1.3.6.1.4.1.6889.1.69.1.4294967295',
  ],
  [{ kind: 'address', address: '10.0.255.1' }, '10.0.255.1', '10.0.255.1'],
];
const objects = Object.fromEntries(kinds.map(([value], index) => [`${base}.${index}.0`, value]));
const oids = Object.keys(objects);

async function askByLibrary(port: number, version: 0 | 1): Promise<unknown[]> {
  const session = library.createSession('127.0.0.1', 'public', { port, version, timeout: 2_000 });
  onTestFinished(() => {
    session.close();
  });
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  session.get(oids, (error, varbinds = []) => {
    if (error === null) resolve(varbinds.map(({ value }) => value));
    else reject(error);
  });
  return promise;
}

it.each([0, 1] as const)(
  'writes answers of version %i that the library net-snmp reads',
  async (version) => {
    const { port } = await startPhoneAgent({ objects });
    expect(await askByLibrary(port, version)).toEqual(kinds.map(([, value]) => value));
  },
);

it.skipIf(!hasClient('snmpget'))('writes answers that snmpget reads (snmpget)', async () => {
  const { port } = await startPhoneAgent({ objects });
  for (const version of ['1', '2c']) {
    const options = ['-v', version, '-c', 'public', '-On', '-Oq', '-Ot', '-m', '', '-r', '0'];
    const { stdout, status } = await runClient('snmpget', [
      ...options,
      `127.0.0.1:${port}`,
      ...oids,
    ]);
    expect(status).toBe(0);
    expect(stdout.toString().trim().split('\n')).toEqual(
      oids.map((oid, index) => `.${oid} ${kinds[index]?.[2] ?? ''}`),
    );
  }
});

/** snmpd with a telephone's values at the telephone's places (snmpd.conf(5), override). */
const telephone = [
  `override ${guideObjects.extension} octet_str "2001"`,
  `override ${guideObjects.type} octet_str "4610D01A"`,
  'override 1.3.6.1.4.1.6889.2.69.9.1.0 counter64 18446744073709551615',
];
const text = (value: string) => ({ kind: 'string', bytes: Buffer.from(value) });

it.skipIf(!hasClient('snmpd')).each(['1', '2c'] as const)(
  'asks snmpd by version %s (snmpd)',
  async (version) => {
    const { port } = await startSnmpd(['rocommunity public', ...telephone]);
    const client = await startCommunityClient(port, { version, timeoutMs: 2_000 });
    const asked = [guideObjects.extension, '1.3.6.1.4.1.6889.99.0', guideObjects.type];
    expect(await client.get('127.0.0.1', asked)).toEqual([
      text('2001'),
      { kind: version === '1' ? 'noSuchObject' : (expect.stringMatching(/^noSuch/) as string) },
      text('4610D01A'),
    ]);
  },
);

it.skipIf(!hasClient('snmpd'))('identifies a telephone whose agent is snmpd (snmpd)', async () => {
  const { port } = await startSnmpd(['rocommunity public', ...telephone]);
  const { identifier } = await startIdentifier(port, { timeoutMs: 2_000 });
  expect(await identifier.identify('127.0.0.1')).toMatchObject({
    extension: '2001',
    type: '4610D01A',
  });
});

const auth = { protocol: 'SHA', passphrase: 'sesame sesame' } as const;
const users: readonly (readonly [string, UserCredentials])[] = [
  ['authNoPriv', { user: 'alice', context: '', auth }],
  [
    'authPriv',
    { user: 'alice', context: '', auth, privacy: { protocol: 'AES', passphrase: 'open the door' } },
  ],
  [
    'authPriv with SHA-256',
    {
      user: 'bob',
      context: '',
      auth: { protocol: 'SHA-256', passphrase: 'sesame sesame' },
      privacy: { protocol: 'AES', passphrase: 'open the door' },
    },
  ],
];

it.skipIf(!hasClient('snmpd')).each(users)(
  'asks snmpd by v3, %s (snmpd)',
  async (_level, credentials) => {
    const { port } = await startSnmpd([
      'createUser alice SHA "sesame sesame" AES "open the door"',
      'createUser bob SHA-256 "sesame sesame" AES "open the door"',
      'rouser alice auth',
      'rouser bob priv',
      ...telephone,
    ]);
    const client = new UserClient({ credentials, port, timeoutMs: 2_000, tries: 2 });
    await client.start();
    onTestFinished(() => client.stop());
    expect(await client.get('127.0.0.1', [guideObjects.extension, guideObjects.type])).toEqual([
      text('2001'),
      text('4610D01A'),
    ]);
  },
);

it.skipIf(!hasClient('snmpget'))('hears a telephone as snmpget hears it (snmpget)', async () => {
  const { port } = await startPhoneAgent({ objects: phoneOf4600('2009') });
  // The Guide's own command line, p. 26.
  const args = ['-v2c', '-cpublic', '-Oqv', '-m', '', `127.0.0.1:${port}`, guideObjects.extension];
  const { stdout } = await runClient('snmpget', args);
  expect(stdout.toString().trim()).toBe('"2009"');
});
