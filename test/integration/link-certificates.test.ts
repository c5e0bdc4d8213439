import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { Authority, createBranchRequest, type BranchIdentity } from '#libs/identity';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawConnection, rawRequest } from '../support/raw-link.ts';
import { tempFolder } from '../support/temp-folder.ts';

const codeOf = (body: Buffer): unknown => {
  const problem: unknown = JSON.parse(body.toString());
  return typeof problem === 'object' && problem !== null && 'code' in problem && problem.code;
};

const withHub = async (): Promise<{ hub: HubInABox; identity: BranchIdentity }> => {
  const hub = await HubInABox.start();
  hub.override('timestamp.json', Buffer.from('{}'));
  return { hub, identity: await hub.enrol('lisbon') };
};

const timestamp = '/v1/metadata/timestamp.json';

it('lets a branch in', async () => {
  const { hub, identity } = await withHub();
  expect(await rawRequest(hub.port, identity, timestamp)).toMatchObject({ status: 200 });
});

it('does not hear a client without a certificate', async () => {
  const { hub, identity } = await withHub();
  const nobody = { authorityPem: identity.authorityPem };
  await expect(rawRequest(hub.port, nobody, timestamp)).rejects.toThrow();
});

it("does not hear a client with a stranger's certificate", async () => {
  const { hub, identity } = await withHub();
  const other = await Authority.open(await tempFolder());
  const { keyPem, csrPem } = await createBranchRequest('lisbon');
  const { certificatePem } = await other.issueBranchCertificate({
    csrPem,
    branch: 'lisbon',
    lifeMs: 60_000,
  });
  const stranger = { ...identity, keyPem, certificatePem };
  await expect(rawRequest(hub.port, stranger, timestamp)).rejects.toThrow();
  const client = hub.client(stranger);
  await expect(client.metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  });
});

it('tells a stranger why, while the join port is open', async () => {
  const { hub, identity } = await withHub();
  await hub.invite('porto');
  const other = await Authority.open(await tempFolder());
  const { keyPem, csrPem } = await createBranchRequest('lisbon');
  const { certificatePem } = await other.issueBranchCertificate({
    csrPem,
    branch: 'lisbon',
    lifeMs: 60_000,
  });
  const joinPort = hub.joining.port ?? 0;
  const client = hub.client({ ...identity, keyPem, certificatePem, joinPort });
  await expect(client.metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'CERTIFICATE_STRANGE',
  });
});

it('refuses a certificate of its own that it does not know', async () => {
  const { hub, identity } = await withHub();
  const { keyPem, csrPem } = await createBranchRequest('lisbon');
  const lifeMs = 60_000;
  const forgotten = await hub.authority.issueBranchCertificate({
    csrPem,
    branch: 'lisbon',
    lifeMs,
  });
  const answer = await rawRequest(
    hub.port,
    { ...identity, keyPem, certificatePem: forgotten.certificatePem },
    timestamp,
  );
  expect(answer).toMatchObject({ status: 403, headers: { connection: 'close' } });
  expect(codeOf(answer.body)).toBe('CERTIFICATE_STRANGE');
});

it("refuses the hub's own certificate as a branch's", async () => {
  const { hub, identity } = await withHub();
  const own = await hub.newCertificate();
  await expect(rawRequest(hub.port, { ...identity, ...own }, timestamp)).rejects.toThrow();
});

it("is refused by a branch when its certificate is a branch's", async () => {
  const { hub, identity } = await withHub();
  hub.server.setCertificate(identity);
  await expect(hub.client(identity).metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'CERTIFICATE_STRANGE',
  });
});

it('refuses an expired certificate at the handshake, and says so at the branch', async () => {
  const { hub } = await withHub();
  const identity = await hub.enrol('porto', -1_000);
  await expect(rawRequest(hub.port, identity, timestamp)).rejects.toThrow();
  await expect(hub.client(identity).metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'CERTIFICATE_EXPIRED',
  });
});

it('refuses a certificate that expires while its connection is open', async () => {
  let now = Date.now();
  const hub = await HubInABox.start({ clock: { now: () => now } });
  hub.override('timestamp.json', Buffer.from('{}'));
  const client = await hub.branch('lisbon');
  await client.metadata('timestamp.json', 1000);
  now += 31 * 86_400_000;
  await expect(client.metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'CERTIFICATE_EXPIRED',
  });
});

it('cuts the open connections of a branch that another process revokes, within a second', async () => {
  const { hub, identity } = await withHub();
  const idle = await rawConnection(hub.port, identity);
  onTestFinished(() => void idle.destroy());
  idle.resume();
  const client = hub.client(identity);
  const waiting = client.waitForEvent(0);
  const bystander = (await hub.branch('porto')).waitForEvent(0);
  await expect.poll(() => hub.server.load.waiting).toBe(2);
  const cut = once(idle, 'close');
  const started = performance.now();
  await hub.elsewhere((state) => state.revoke('lisbon', Date.now()));
  await Promise.all([cut, expect(waiting).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' })]);
  expect(performance.now() - started).toBeLessThan(1_000);

  // New connections get through the handshake, and not further.
  const answer = await rawRequest(hub.port, identity, timestamp);
  expect(answer.status).toBe(403);
  expect(codeOf(answer.body)).toBe('CERTIFICATE_REVOKED');
  await hub.server.wake(1);
  expect(await bystander).toBe(1);
});

it('cuts a download of a branch that this process revokes', async () => {
  const { hub, identity } = await withHub();
  const bytes = Buffer.alloc(64_000_000);
  const sha256 = await hub.storeBytes(bytes);
  const pieces = hub.client(identity).file(sha256, { size: bytes.length });
  await pieces.next();
  await hub.state.revoke('lisbon', Date.now());
  await hub.server.recheck();
  await expect(
    (async () => {
      for await (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
    })(),
  ).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  expect(hub.server.load.downloads).toBe(0);
});

it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes no session of %s', async (version) => {
  const { hub, identity } = await withHub();
  const sessions: Buffer[] = [];
  const first = await rawConnection(hub.port, identity, undefined, version);
  first.on('session', (session: Buffer) => sessions.push(session));
  first.write(`GET ${timestamp} HTTP/1.1\r\nHost: hub\r\n\r\n`);
  await once(first, 'data');
  const session = sessions.at(-1) ?? first.getSession();
  first.destroy();
  await hub.state.revoke('lisbon', Date.now());
  await hub.server.recheck();

  const second = await rawConnection(hub.port, identity, session, version);
  onTestFinished(() => void second.destroy());
  expect(second.isSessionReused()).toBe(false);
  second.write(`GET ${timestamp} HTTP/1.1\r\nHost: hub\r\n\r\n`);
  const answer: unknown[] = await once(second, 'data');
  expect(String(answer[0])).toMatch(/^HTTP\/1\.1 403 /);
});

it('lets a branch in again that was revoked and joins anew, and its old certificate never', async () => {
  const { hub, identity } = await withHub();
  await hub.state.revoke('lisbon', Date.now());
  await hub.server.recheck();
  const again = await hub.join('lisbon');
  await expect(hub.client(again.identity).metadata('timestamp.json', 1000)).resolves.toBeDefined();
  await expect(hub.client(identity).metadata('timestamp.json', 1000)).rejects.toMatchObject({
    code: 'CERTIFICATE_STRANGE',
  });
});
