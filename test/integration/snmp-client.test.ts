import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { encodeMessage } from '#libs/snmp';
import { startCommunityClient } from '../support/identifier.ts';
import { phoneOf4600, startPhoneAgent } from '../support/phone-agent.ts';

const extension = '1.3.6.1.4.1.6889.2.69.1.4.9.0';
const value = (text: string) => ({ kind: 'string', bytes: Buffer.from(text) });
const silent = { code: 'PHONE_SILENT' };

it('asks many telephones through one socket, each its own answer', async () => {
  const first = await startPhoneAgent({ address: '127.9.0.1', objects: phoneOf4600('1') });
  const { port } = first;
  const others = Array.from({ length: 99 }, (_, index) => index + 2);
  for (const n of others) {
    await startPhoneAgent({ address: `127.9.0.${n}`, port, objects: phoneOf4600(String(n)) });
  }
  const client = await startCommunityClient(port, { timeoutMs: 5_000 });
  const answers = await Promise.all(
    [1, ...others].map((n) => client.get(`127.9.0.${n}`, [extension])),
  );
  expect(answers.flat()).toEqual([1, ...others].map((n) => value(String(n))));
});

it('asks by IPv6 too', async () => {
  const agent = await startPhoneAgent({ address: '::1' });
  const client = await startCommunityClient(agent.port);
  expect(await client.get('0:0::1', [extension])).toEqual([value('2001')]);
});

it('asks again when the first question is lost, with the same id', async () => {
  const agent = await startPhoneAgent({ manner: 'late first' });
  const client = await startCommunityClient(agent.port);
  expect(await client.get('127.0.0.1', [extension])).toEqual([value('2001')]);
  expect(agent.questions).toHaveLength(2);
  expect(agent.questions[0]?.requestId).toBe(agent.questions[1]?.requestId);
});

it('gives up after its tries', async () => {
  const agent = await startPhoneAgent({ manner: 'silent' });
  const client = await startCommunityClient(agent.port, { timeoutMs: 20, tries: 3 });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
  expect(agent.questions).toHaveLength(3);
});

it.each([
  ['wrong id', 'unasked'],
  ['wrong objects', 'foreign'],
  ['stranger', 'foreign'],
  ['garbage', 'malformed'],
] as const)('ignores and counts an answer with %s', async (manner, counted) => {
  const agent = await startPhoneAgent({ manner });
  const client = await startCommunityClient(agent.port, { timeoutMs: 50, tries: 1 });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
  expect(client.strange[counted]).toBe(1);
});

it('ignores a whole and right answer from another address, and one of another version', async () => {
  const agent = await startPhoneAgent({ address: '127.9.1.1', manner: 'silent' });
  const client = await startCommunityClient(agent.port, { timeoutMs: 300, tries: 1 });
  const impostor = createSocket('udp4').bind(agent.port, '127.9.1.2');
  await once(impostor, 'listening');
  onTestFinished(() => {
    impostor.close();
  });
  const asked = client.get('127.9.1.1', [extension]);
  asked.catch(() => undefined);
  await expect.poll(() => agent.questions.length).toBe(1);
  const [question] = agent.questions;
  if (question === undefined) throw new Error('nothing was asked');
  const bindings = [{ oid: extension, value: { kind: 'integer', value: 1 } as const }];
  const answer = { ...question, kind: 'response', bindings } as const;
  impostor.send(encodeMessage(answer), agent.lastPort, '127.0.0.1');
  await expect.poll(() => client.strange.foreign).toBe(1);
  agent.say({ ...answer, version: '1' });
  await expect.poll(() => client.strange.foreign).toBe(2);
  await expect(asked).rejects.toMatchObject(silent);
});

it('counts an answer that comes too late', async () => {
  const agent = await startPhoneAgent({ manner: 'slow', slowMs: 60 });
  const client = await startCommunityClient(agent.port, { timeoutMs: 20, tries: 1 });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
  await expect.poll(() => client.strange.unasked).toBe(1);
});

it('hears nothing from a telephone with another community', async () => {
  const agent = await startPhoneAgent({ community: 'secret' });
  const client = await startCommunityClient(agent.port, { timeoutMs: 30, tries: 1 });
  await expect(client.get('127.0.0.1', [extension])).rejects.toMatchObject(silent);
});

it('ends every open question when it stops', async () => {
  const agent = await startPhoneAgent({ manner: 'silent' });
  const client = await startCommunityClient(agent.port, { timeoutMs: 5_000 });
  const asked = client.get('127.0.0.1', [extension]);
  await client.stop();
  await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('answers v2c with what is missing in its place', async () => {
  const agent = await startPhoneAgent();
  const client = await startCommunityClient(agent.port);
  expect(await client.get('127.0.0.1', ['1.3.9', extension])).toEqual([
    { kind: 'noSuchObject' },
    value('2001'),
  ]);
});

it('stays up under datagrams that nobody asked for', async () => {
  const agent = await startPhoneAgent({ manner: 'slow', slowMs: 200 });
  const client = await startCommunityClient(agent.port, { timeoutMs: 5_000 });
  const asked = client.get('127.0.0.1', [extension]);
  const port = await expect
    .poll(() => agent.questions.length)
    .toBe(1)
    .then(() => agent.lastPort);
  const noise = createSocket('udp4');
  onTestFinished(() => {
    noise.close();
  });
  for (let n = 0; n < 500; n += 1)
    noise.send(Buffer.from([0x30, n % 256, n % 7]), port, '127.0.0.1');
  noise.send(Buffer.alloc(0), port, '127.0.0.1');
  await once(noise, 'listening');
  expect(await asked).toEqual([value('2001')]);
  expect(client.strange.malformed).toBeGreaterThan(0);
});
