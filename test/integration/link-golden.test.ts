import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { CheckIn } from '#libs/link';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';

const report: CheckIn = {
  protocol: 1,
  version: '0.1.0',
  state: 'in-sync',
  problems: [],
  sentAt: 1_800_000_000_000,
};

it('goes the whole way: join, metadata, file, check-in, wake-up', async () => {
  const hub = await HubInABox.start();
  hub.publishMetadata('1.root.json', Buffer.from('{"root":1}'));
  const { identity, root } = await hub.join('lisbon');
  expect(root.toString()).toBe('{"root":1}');
  expect(identity).toMatchObject({ branch: 'lisbon', hubId: hub.authority.hubId });

  const client = hub.client(identity);
  hub.publishMetadata('timestamp.json', Buffer.from('{"timestamp":1}'));
  expect(String(await client.metadata('timestamp.json', 1000))).toBe('{"timestamp":1}');
  expect(await client.metadata('2.root.json', 1000)).toBeUndefined();

  const firmware = randomBytes(3_000_001);
  const sha256 = await hub.storeBytes(firmware);
  const received = await gather(client.file(sha256, { size: firmware.length }));
  expect(createHash('sha256').update(received).digest('hex')).toBe(sha256);

  const answer = await client.checkIn(report);
  expect(answer).toMatchObject({
    hubId: hub.authority.hubId,
    path: [hub.authority.hubId],
    release: 1,
  });
  expect(await hub.state.branch('lisbon')).toMatchObject({ lastReport: JSON.stringify(report) });

  const woken = client.waitForEvent(1);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  await hub.bump();
  expect(await woken).toBe(2);
  expect(await client.waitForEvent(1)).toBe(2);
});
