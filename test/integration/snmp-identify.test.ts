import { expect, it } from 'vitest';
import { systemObject } from '#libs/phones';
import { startIdentifier } from '../support/identifier.ts';
import {
  phoneOf,
  phoneOf4600,
  startPhoneAgent,
  type PhoneAgentOptions,
} from '../support/phone-agent.ts';

const start = async (
  agentOptions: PhoneAgentOptions = {},
  more: Parameters<typeof startIdentifier>[1] = {},
) => {
  const agent = await startPhoneAgent(agentOptions);
  return { agent, ...(await startIdentifier(agent.port, more)) };
};

const refusal = { code: 'PHONE_UNVERIFIED' };

it.each([
  ['4600', { type: '4610D01A', firmware: 'a10d01b2_9.bin' }],
  ['1600', { type: '1608D01A', firmware: 'ha1608ua1_300', mac: '00073be10000' }],
  [
    '96x0 and 96x1 H.323',
    { type: '9630D01A', firmware: 'S9630_3_2', serial: '08N1', mac: '00073be12233' },
  ],
  [
    'J100 and 96x1 SIP',
    { type: 'J179D02A', firmware: 'FW_S_J179_R4_1_3_0_6.bin', mac: 'c81fea83e85a' },
  ],
])(
  'asks a telephone of %s for its kind and then for its own objects in one question',
  async (family, facts) => {
    const { agent, identifier, proven } = await start({ objects: phoneOf(family, '2001', facts) });
    const phone = { address: '127.0.0.1', family, extension: '2001', ...facts };
    expect(await identifier.identify('127.0.0.1')).toMatchObject(phone);
    expect(proven).toMatchObject([phone]);
    expect(agent.questions).toHaveLength(2);
  },
);

it('asks for the objects of the settings when the telephone does not say its kind', async () => {
  const { agent, identifier } = await start({ objects: phoneOf4600('2002') });
  agent.objects.delete(systemObject);
  expect(await identifier.identify('127.0.0.1')).toMatchObject({
    extension: '2002',
    type: '4610D01A',
  });
  expect(agent.questions).toHaveLength(2);
});

it('asks a v1 agent singly for what it refuses together', async () => {
  const { identifier } = await start({ objects: phoneOf4600('2003') }, { version: '1' });
  expect(await identifier.identify('127.0.0.1')).toMatchObject({
    extension: '2003',
    type: '4610D01A',
  });
});

it('asks only for the objects that the operator chose', async () => {
  const chosen = {
    extension: '1.3.6.1.4.1.6889.2.69.1.9.1.0',
    type: '1.3.6.1.4.1.6889.2.69.1.9.2.0',
  };
  const { agent, identifier } = await start(
    { objects: { ...phoneOf4600('2001'), [chosen.extension]: '77', [chosen.type]: 'X1' } },
    { objects: chosen, objectsChosen: true },
  );
  expect(await identifier.identify('127.0.0.1')).toMatchObject({ extension: '77', type: 'X1' });
  expect(agent.questions).toHaveLength(1);
});

it('keeps an answer for its time, also under the other spelling of the address', async () => {
  let now = 0;
  const { agent, identifier } = await start({}, { clock: { now: () => now } });
  await identifier.identify('127.0.0.1');
  await identifier.identify('::ffff:127.0.0.1');
  now = 59_999;
  await identifier.identify('127.0.0.1');
  expect(agent.questions).toHaveLength(2);
  now = 60_000;
  await identifier.identify('127.0.0.1');
  // It is of the same family as a minute ago: one question is enough.
  expect(agent.questions).toHaveLength(3);
});

it('asks anew which kind it is when another telephone has the address', async () => {
  let now = 0;
  const { agent, identifier } = await start({}, { clock: { now: () => now } });
  await identifier.identify('127.0.0.1');
  agent.objects.clear();
  const other = phoneOf('J100 and 96x1 SIP', '2002', { type: 'J179D02A' });
  for (const [oid, value] of Object.entries(other)) {
    agent.objects.set(
      oid,
      typeof value === 'string' ? { kind: 'string', bytes: Buffer.from(value) } : value,
    );
  }
  now = 60_000;
  expect(await identifier.identify('127.0.0.1')).toMatchObject({ type: 'J179D02A' });
});

it('keeps a failure for a shorter time', async () => {
  let now = 0;
  const { agent, identifier } = await start(
    { manner: 'silent' },
    { clock: { now: () => now }, timeoutMs: 20 },
  );
  await expect(identifier.identify('127.0.0.1')).rejects.toMatchObject(refusal);
  agent.manner = 'answers';
  await expect(identifier.identify('127.0.0.1')).rejects.toMatchObject(refusal);
  now = 5_000;
  expect(await identifier.identify('127.0.0.1')).toMatchObject({ extension: '2001' });
});

it('asks a telephone once for many who want to know at the same time', async () => {
  const { agent, identifier } = await start();
  const all = await Promise.all(Array.from({ length: 50 }, () => identifier.identify('127.0.0.1')));
  expect(new Set(all.map(({ extension }) => extension))).toEqual(new Set(['2001']));
  expect(agent.questions).toHaveLength(2);
});

it.each([
  ['nobody', ''],
  ['a path', '../../etc/passwd'],
  ['a line end', '2001\r\nDELE x'],
  ['a zero byte in the middle', '20\x0001'],
  ['markup', '<b>2001</b>'],
  ['33 digits', '1'.repeat(33)],
  ['digits of another script', Buffer.from('٢٠٠١').toString('latin1')],
])('refuses a telephone where %s is logged in', async (_what, extension) => {
  const { identifier, proven } = await start({ objects: phoneOf4600(extension) });
  await expect(identifier.identify('127.0.0.1')).rejects.toMatchObject(refusal);
  expect(proven).toEqual([]);
});

it.each(['', '../4610', '46\r\n10', 'a'.repeat(33), '-rf'])(
  'refuses a telephone of type %j',
  async (type) => {
    const { identifier } = await start({ objects: phoneOf4600('2001', type) });
    await expect(identifier.identify('127.0.0.1')).rejects.toMatchObject(refusal);
  },
);

it('reads an extension that is filled up with zeros or spaces, or is a number', async () => {
  for (const extension of ['2001\0\0', '2001  ', { kind: 'integer', value: 2001 } as const]) {
    const objects = { ...phoneOf4600('2001'), '1.3.6.1.4.1.6889.2.69.1.4.9.0': extension };
    const { identifier } = await start({ objects });
    expect(await identifier.identify('127.0.0.1')).toMatchObject({ extension: '2001' });
  }
});

it('leaves out what only decorates and is not in its form', async () => {
  const facts = { type: '9630', firmware: 'a\x1b[2Jb', serial: 's p', mac: '00' };
  const { identifier } = await start({ objects: phoneOf('96x0 and 96x1 H.323', '2001', facts) });
  expect(await identifier.identify('127.0.0.1')).toMatchObject({
    extension: '2001',
    firmware: undefined,
    serial: undefined,
    mac: undefined,
  });
});
