import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  createToken,
  decodeJoinString,
  describeCertificate,
  encodeJoinString,
} from '#libs/identity';
import { joinHub } from '#libs/link';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawRequest } from '../support/raw-link.ts';

const options = { version: '0.0.0-test' };

it('gives a branch its certificate, and what it needs to trust the releases', async () => {
  const hub = await HubInABox.start();
  const { identity, root } = await joinHub(await hub.invite('lisbon'), options);
  expect(describeCertificate(identity.certificatePem)).toMatchObject({ branch: 'lisbon' });
  expect(new X509Certificate(identity.authorityPem).ca).toBe(true);
  expect(root.equals(hub.release.root())).toBe(true);
  expect((await hub.state.branches()).map(({ name }) => name)).toEqual(['lisbon']);
});

it('listens only while an invitation is open', async () => {
  let now = Date.now();
  const hub = await HubInABox.start({ clock: { now: () => now } });
  expect(hub.joining.listening).toBe(false);
  await hub.invite('lisbon', 3_600_000);
  expect(hub.joining.listening).toBe(true);
  now += 3_600_001;
  await expect.poll(() => hub.joining.listening, { timeout: 2_000 }).toBe(false);
});

it('notices within a second that another process has invited, and closes after the join', async () => {
  const hub = await HubInABox.start();
  const { token, tokenHash } = createToken();
  const [createdAt, expiresAt] = [Date.now(), Date.now() + 60_000];
  await hub.elsewhere((state) =>
    state.addInvitation({ tokenHash, branch: 'lisbon', createdAt, expiresAt }),
  );
  await expect.poll(() => hub.joining.listening, { timeout: 1_000 }).toBe(true);
  const joinString = hub.joinString('lisbon', token);
  await joinHub(joinString, options);
  await expect.poll(() => hub.joining.listening, { timeout: 2_000 }).toBe(false);
  await expect(joinHub(joinString, options)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
});

it('refuses a token that was used', async () => {
  const hub = await HubInABox.start();
  const joinString = await hub.invite('lisbon');
  await hub.invite('porto');
  await joinHub(joinString, options);
  await expect(joinHub(joinString, options)).rejects.toMatchObject({ code: 'JOIN_TOKEN_USED' });
});

it('lets in one of two that come with the same token at once', async () => {
  const hub = await HubInABox.start();
  const joinString = await hub.invite('lisbon');
  await hub.invite('porto');
  const both = await Promise.allSettled([
    joinHub(joinString, options),
    joinHub(joinString, options),
  ]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'JOIN_TOKEN_USED' },
  });
});

it('refuses a token that has expired', async () => {
  let now = Date.now();
  const hub = await HubInABox.start({ clock: { now: () => now } });
  await hub.invite('porto', 3_600_000);
  const joinString = await hub.invite('lisbon', 1_000);
  now += 1_001;
  await expect(joinHub(joinString, options)).rejects.toMatchObject({ code: 'JOIN_TOKEN_EXPIRED' });
});

it('refuses a token that it has not made', async () => {
  const hub = await HubInABox.start();
  const invitation = decodeJoinString(await hub.invite('lisbon'));
  const forged = encodeJoinString({ ...invitation, token: 'A'.repeat(32) });
  await expect(joinHub(forged, options)).rejects.toMatchObject({ code: 'JOIN_TOKEN_UNKNOWN' });
  expect(await hub.state.branches()).toEqual([]);
});

it('sends no token to a hub that has not the pin of the string', async () => {
  const [mine, other] = [await HubInABox.start(), await HubInABox.start()];
  const theirs = decodeJoinString(await other.invite('lisbon'));
  await mine.invite('lisbon');
  const { joinPort } = decodeJoinString(await mine.invite('porto'));
  const misled = encodeJoinString({ ...theirs, joinPort });
  await expect(joinHub(misled, options)).rejects.toMatchObject({ code: 'JOIN_PIN_MISMATCH' });
});

it.each([1, 8, 40, 120])('refuses a join string that lacks its last %i characters', async (cut) => {
  const hub = await HubInABox.start();
  const joinString = await hub.invite('lisbon');
  await expect(joinHub(joinString.slice(0, -cut), options)).rejects.toMatchObject({
    code: 'JOIN_STRING_INVALID',
  });
});

it.each([
  ['no JSON', 'text'],
  ['no token', '{"protocol":1,"csr":"x","version":"1"}'],
  ['no request for a certificate', '{"protocol":1,"token":"x","csr":"","version":"1"}'],
])('refuses a request with %s', async (_, body) => {
  const hub = await HubInABox.start();
  const { joinPort } = decodeJoinString(await hub.invite('lisbon'));
  const answer = await rawRequest(
    joinPort,
    { authorityPem: hub.authority.certificatePem },
    '/v1/join',
    { method: 'POST', body, headers: { 'content-type': 'application/json' } },
  );
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'JOIN_REQUEST_INVALID' });
});

it('refuses a branch of another protocol in words', async () => {
  const hub = await HubInABox.start();
  const { joinPort } = decodeJoinString(await hub.invite('lisbon'));
  const answer = await rawRequest(
    joinPort,
    { authorityPem: hub.authority.certificatePem },
    '/v1/join',
    { method: 'POST', body: '{"protocol":2}', headers: { 'content-type': 'application/json' } },
  );
  expect(answer.status).toBe(426);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'PROTOCOL_MISMATCH' });
});

it('hears only so many tries from one address', async () => {
  const now = Date.now();
  const hub = await HubInABox.start({ clock: { now: () => now } });
  const invitation = decodeJoinString(await hub.invite('lisbon'));
  const authorityPem = hub.authority.certificatePem;
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  const statuses: number[] = [];
  for (let n = 0; n < 21; n += 1) {
    const answer = await rawRequest(invitation.joinPort, { authorityPem }, '/v1/join', post);
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([...Array<number>(20).fill(400), 429]);
});

it('tells the holder of a certificate what is wrong with it', async () => {
  const hub = await HubInABox.start();
  await hub.invite('porto');
  const identity = await hub.enrol('lisbon');
  const ask = async (): Promise<unknown> => {
    const answer = await rawRequest(
      identity.joinPort,
      { authorityPem: identity.authorityPem },
      '/v1/diagnose',
      {
        method: 'POST',
        body: JSON.stringify({ certificate: identity.certificatePem }),
        headers: { 'content-type': 'application/json' },
      },
    );
    return JSON.parse(answer.body.toString());
  };
  expect(await ask()).toMatchObject({ code: 'OK' });
  await hub.state.revoke('lisbon', Date.now());
  expect(await ask()).toMatchObject({ code: 'CERTIFICATE_REVOKED' });
});
