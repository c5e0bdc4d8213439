import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { CheckIn } from '#libs/link';
import { TrustedRelease } from '#libs/release';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { tempFolder } from '../support/temp-folder.ts';

const report: CheckIn = {
  protocol: 1,
  version: '0.1.0',
  state: 'in-sync',
  problems: [],
  sentAt: 1_800_000_000_000,
};

it('goes the whole way: join, trust, fetch, check in, be woken', async () => {
  const hub = await HubInABox.start();
  const firmware = randomBytes(3_000_001);
  await hub.publishFile('fw.zip', firmware);
  const { identity, root } = await hub.join('lisbon');
  expect(identity).toMatchObject({ branch: 'lisbon', hubId: hub.authority.hubId });

  const client = hub.client(identity);
  const trusted = await TrustedRelease.open(path.join(await tempFolder(), 'trusted'));
  await trusted.trust(root);
  const fetch = (name: string, maxBytes: number): Promise<Buffer | undefined> =>
    client.metadata(name, maxBytes);
  const release = await trusted.refresh(fetch);
  expect(release).toMatchObject({ version: 1, targets: [{ name: 'fw.zip', size: 3_000_001 }] });

  const [target] = release.targets;
  const { sha256 = '', size = 0 } = target ?? {};
  const received = await gather(client.file(sha256, { size }));
  expect(createHash('sha256').update(received).digest('hex')).toBe(sha256);
  expect(received.equals(firmware)).toBe(true);

  const answer = await client.checkIn(report);
  expect(answer).toMatchObject({ path: [hub.authority.hubId], release: 1 });
  expect(await hub.state.branch('lisbon')).toMatchObject({ lastReport: JSON.stringify(report) });

  const woken = client.waitForEvent(release.version);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  await hub.publishFile('settings.txt', Buffer.from('SET A 1'));
  expect(await woken).toBe(2);
  expect((await trusted.refresh(fetch)).targets.map(({ name }) => name)).toEqual([
    'fw.zip',
    'settings.txt',
  ]);
});
