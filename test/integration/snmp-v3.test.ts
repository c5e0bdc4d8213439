import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#libs/lifecycle';
import {
  PhoneIdentifier,
  ShieldedSocket,
  UserClient,
  type UserCredentials,
  type UserOptions,
} from '#libs/snmp';
import { guideObjects } from '../support/identifier.ts';
import { startV3Agent } from '../support/v3-agent.ts';
import { response, report, v3Message } from '../support/v3-message.ts';

const passphrase = 'sesame sesame';
const user = (more: Partial<UserCredentials> = {}): UserCredentials => ({
  user: 'branchline',
  context: '',
  ...more,
});
const auth = { protocol: 'SHA', passphrase } as const;

async function startUserClient(
  port: number,
  credentials: UserCredentials,
  more: Partial<UserOptions> = {},
) {
  const client = new UserClient({ credentials, port, timeoutMs: 500, tries: 2, ...more });
  await client.start();
  onTestFinished(() => client.stop());
  return client;
}

const { extension, type } = guideObjects;
const objects = { [extension]: '2001', [type]: '4610D01A' };
const text = (value: string) => ({ kind: 'string', bytes: Buffer.from(value) });
const silent = { code: 'PHONE_SILENT' };

it.each<[string, UserCredentials]>([
  ['without protection', user()],
  ['with MD5', user({ auth: { protocol: 'MD5', passphrase } })],
  ['with SHA', user({ auth })],
  ['with SHA-256', user({ auth: { protocol: 'SHA-256', passphrase } })],
  ['with SHA and AES', user({ auth, privacy: { protocol: 'AES', passphrase } })],
  [
    'with SHA-512 and AES-256',
    user({
      auth: { protocol: 'SHA-512', passphrase },
      privacy: { protocol: 'AES-256', passphrase },
    }),
  ],
])('asks a v3 agent %s', async (_how, credentials) => {
  const { port } = await startV3Agent([credentials], objects);
  const client = await startUserClient(port, credentials);
  expect(await client.get('127.0.0.1', [extension, '1.3.6.1.2.1.1.9.0', type])).toEqual([
    text('2001'),
    { kind: 'noSuchObject' },
    text('4610D01A'),
  ]);
});

it('asks by IPv6 too', async () => {
  const { port } = await startV3Agent([user({ auth })], objects, '::1');
  const client = await startUserClient(port, user({ auth }));
  expect(await client.get('0::1', [extension])).toEqual([text('2001')]);
});

it('identifies a telephone through it', async () => {
  const credentials = user({ auth, privacy: { protocol: 'AES', passphrase } });
  const { port } = await startV3Agent([credentials], objects);
  const { identify } = new PhoneIdentifier({
    reader: await startUserClient(port, credentials),
    objects: guideObjects,
    objectsChosen: false,
    keepMs: 0,
    keepFailureMs: 0,
    clock: systemClock,
  });
  expect(await identify('127.0.0.1')).toMatchObject({ extension: '2001', type: '4610D01A' });
});

it.each<[string, UserCredentials]>([
  ['another pass phrase', user({ auth: { protocol: 'SHA', passphrase: 'another sesame' } })],
  ['another user', { ...user({ auth }), user: 'nobody' }],
])('refuses an agent with %s, and tells no secret', async (_what, credentials) => {
  const { port } = await startV3Agent([user({ auth })], objects);
  const client = await startUserClient(port, credentials, { timeoutMs: 200, tries: 1 });
  const failure: unknown = await client
    .get('127.0.0.1', [extension])
    .catch((error: unknown) => error);
  expect(failure).toMatchObject(silent);
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('sesame');
  expect(failure instanceof Error ? failure.cause : failure).toBeUndefined();
});

it('gives up on a silent telephone, and stops meanwhile', async () => {
  const mute = createSocket('udp4').bind(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    mute.close();
  });
  const { port } = mute.address();
  const client = await startUserClient(port, user({ auth }), { timeoutMs: 30 });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
  const patient = await startUserClient(port, user({ auth }), { timeoutMs: 10_000 });
  const heard = once(mute, 'message');
  const asked = patient.get('127.0.0.1', [extension]);
  await heard;
  await patient.stop();
  await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('survives garbage in place of an answer', async () => {
  const garbage = createSocket('udp4').bind(0, '127.0.0.1');
  await once(garbage, 'listening');
  onTestFinished(() => {
    garbage.close();
  });
  garbage.on('message', (_datagram, from) => {
    garbage.send(Buffer.from('30030201', 'hex'), from.port, from.address);
  });
  const client = await startUserClient(garbage.address().port, user({ auth }), {
    timeoutMs: 50,
    tries: 1,
  });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
  expect(client.strange.foreign).toBeGreaterThan(0);
});

it('lets through to the library only what the telephone itself sends, and protected', async () => {
  const open = async (address: string, port = 0): Promise<Socket> => {
    const socket = createSocket('udp4').bind(port, address);
    await once(socket, 'listening');
    onTestFinished(() => {
      socket.close();
    });
    return socket;
  };
  const agent = await open('127.9.2.1');
  const { port } = agent.address();
  const impostor = await open('127.9.2.2', port);
  const otherPort = await open('127.9.2.1');
  const strange = { malformed: 0, unasked: 0, foreign: 0 };
  const shield = new ShieldedSocket('udp4', {
    address: '127.9.2.1',
    port,
    neededFlags: 1,
    strange,
  });
  onTestFinished(() => {
    shield.close();
    shield.close();
  });
  const through: Buffer[] = [];
  shield.on('message', (datagram: Buffer) => through.push(datagram));
  const asked = once(agent, 'message') as Promise<[Buffer, RemoteInfo]>;
  shield.send(Buffer.from('x'), 0, 1, port, '127.9.2.1', () => undefined);
  const [, from] = await asked;
  const good = v3Message(1, response);
  for (const sender of [impostor, otherPort]) sender.send(good, from.port, '127.0.0.1');
  agent.send(v3Message(0, response), from.port, '127.0.0.1');
  await expect.poll(() => strange.foreign).toBe(3);
  agent.send(good, from.port, '127.0.0.1');
  agent.send(v3Message(0, report), from.port, '127.0.0.1');
  await expect.poll(() => through).toHaveLength(2);
});
