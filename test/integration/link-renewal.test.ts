import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeCertificate, IdentityFolder, type BranchIdentity } from '#libs/identity';
import { systemClock } from '#libs/lifecycle';
import { Renewal, renewIdentity, type HubClient } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { tempFolder } from '../support/temp-folder.ts';

const lifeMs = 10_000;

it('renews ten-second certificates on both sides without a restart and without one failed request', async () => {
  const hub = await HubInABox.start({ branchLifeMs: lifeMs, hubLifeMs: lifeMs });
  const folder = new IdentityFolder(path.join(await tempFolder(), 'primary'));
  await folder.save((await hub.join('lisbon')).identity);
  const joined = await folder.load();
  if (joined === undefined) throw new Error('nothing was saved');
  let identity = joined;
  const client = hub.client(identity);
  const shared = { clock: systemClock, log: silentLogger() };
  const branch = new Renewal({
    ...shared,
    of: 'branch',
    seed: 'lisbon',
    current: () => identity.certificatePem,
    renew: async (signal) => {
      identity = await renewIdentity(client, identity, signal);
      await folder.save(identity);
      client.useIdentity({ ...identity, port: identity.hubPort });
    },
  });
  let shown = await hub.newCertificate();
  hub.server.setCertificate(shown);
  const ownRenewal = new Renewal({
    ...shared,
    of: 'hub',
    seed: hub.authority.hubId,
    current: () => shown.certificatePem,
    renew: async () => {
      shown = await hub.newCertificate();
      hub.server.setCertificate(shown);
      hub.joining.setCertificate(shown);
    },
  });
  const first = { branch: identity.certificatePem, hub: shown.certificatePem };
  for (const service of [branch, ownRenewal]) {
    await service.start();
    onTestFinished(() => service.stop());
  }

  const { expiresAt, requests } = await askUntilAfter(hub, client, joined, lifeMs * 1.3);

  expect(requests).toBeGreaterThan(100);
  expect(Date.now()).toBeGreaterThan(expiresAt);
  expect(identity.certificatePem).not.toBe(first.branch);
  expect(shown.certificatePem).not.toBe(first.hub);
  expect([branch.trouble, ownRenewal.trouble]).toEqual([undefined, undefined]);
  expect(await folder.load()).toEqual(identity);
  // Whoever comes anew sees the newest on both sides.
  await expect(hub.client(identity).metadata('1.root.json', 65_536)).resolves.toBeDefined();
}, 60_000);

/** Ask for all kinds of things all the time; the first failure ends it. */
async function askUntilAfter(
  hub: HubInABox,
  client: HubClient,
  joined: BranchIdentity,
  ms: number,
): Promise<{ expiresAt: number; requests: number }> {
  const bytes = randomBytes(200_000);
  const sha256 = await hub.storeBytes(bytes);
  hub.override('timestamp.json', Buffer.from('{}'));
  const until = Date.now() + ms;
  let requests = 0;
  const asking = async (work: () => Promise<unknown>, pauseMs: number): Promise<void> => {
    while (Date.now() < until) {
      await work();
      requests += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all([
    asking(() => client.metadata('timestamp.json', 100), 10),
    asking(async () => {
      expect((await gather(client.file(sha256, { size: bytes.length }))).equals(bytes)).toBe(true);
    }, 50),
    asking(() => client.waitForEvent(0, AbortSignal.timeout(500)).catch(isTimeout), 1),
  ]);
  return { expiresAt: describeCertificate(joined.certificatePem).notAfterMs, requests };
}

/** The wait that the test itself ends is no failure. */
function isTimeout(error: unknown): void {
  if (error instanceof Error && error.name === 'TimeoutError') return;
  throw error;
}

it('keeps the old certificate good until it expires: a lost answer locks nobody out', async () => {
  const hub = await HubInABox.start();
  hub.override('timestamp.json', Buffer.from('{}'));
  const { identity } = await hub.join('lisbon');
  const client = hub.client(identity);
  const next = await renewIdentity(client, identity);
  expect(next.keyPem).not.toBe(identity.keyPem);
  expect(await client.metadata('timestamp.json', 100)).toBeDefined();
  expect(await hub.client(identity).metadata('timestamp.json', 100)).toBeDefined();
  expect(await hub.client(next).metadata('timestamp.json', 100)).toBeDefined();
});

it('names the branch by its connection, whatever its request says', async () => {
  const hub = await HubInABox.start();
  const { identity } = await hub.join('lisbon');
  const next = await renewIdentity(hub.client(identity), { ...identity, branch: 'madrid' });
  expect(describeCertificate(next.certificatePem)).toMatchObject({ branch: 'lisbon' });
});

it('refuses a request for a certificate that proves no key', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  await expect(client.renew('-----BEGIN NONSENSE-----')).rejects.toMatchObject({
    code: 'JOIN_REQUEST_INVALID',
  });
});
