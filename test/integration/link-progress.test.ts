import { expect, it } from 'vitest';
import type { CheckIn, PullProgress } from '#libs/link';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawRequest } from '../support/raw-link.ts';

const progress: PullProgress = {
  protocol: 1,
  file: 'fw.zip',
  files: 3,
  filesDone: 1,
  bytes: 5_000,
  bytesOverall: 20_000,
  bytesPerS: 1_000,
};
const report: CheckIn = {
  ...{ protocol: 1, version: '0.1.0', release: 3, state: 'in-sync', problems: [] },
  ...{ sentAt: 1_800_000_000_000, intervalS: 3_600 },
  lacking: { files: 0, names: [] },
};

it('knows how far a pull is until the branch checks in, and writes nothing for it', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const before = await hub.state.branch('lisbon');
  expect(await client.progress(progress)).toBe(5_000);
  expect(hub.server.progress('lisbon')).toMatchObject(progress);
  expect(hub.server.progress('porto')).toBeUndefined();
  expect(await hub.state.branch('lisbon')).toEqual(before);
  await client.checkIn(report);
  expect(hub.server.progress('lisbon')).toBeUndefined();
  expect(await hub.state.branch('lisbon')).toMatchObject({ wholeRelease: 3 });
});

it.each([
  ['a share that is no number', { ...progress, bytes: 'all' }, 'LINK_REQUEST_INVALID'],
  ['a name without end', { ...progress, file: 'x'.repeat(256) }, 'LINK_REQUEST_INVALID'],
  ['another protocol', { ...progress, protocol: 2 }, 'PROTOCOL_MISMATCH'],
])('refuses %s', async (_, body, code) => {
  const hub = await HubInABox.start();
  const answer = await rawRequest(hub.port, await hub.enrol('lisbon'), '/v1/progress', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code });
  expect(hub.server.progress('lisbon')).toBeUndefined();
});

it('hears a branch so often a minute, check-ins and progress together', async () => {
  const hub = await HubInABox.start({ limits: { reportsPerMinute: 2 } });
  const client = await hub.branch('lisbon');
  await client.checkIn(report);
  await client.progress(progress);
  await expect(client.progress(progress)).rejects.toMatchObject({ code: 'PEER_BUSY' });
});

it('calls one branch at once, or when it comes', async () => {
  const hub = await HubInABox.start();
  const lisbon = await hub.branch('lisbon');
  const waiting = lisbon.waitForEvent(7);
  await expect.poll(() => hub.server.load.waiting).toBe(1);
  expect(hub.server.call('lisbon')).toBe(true);
  expect(await waiting).toBe(0);
  expect(hub.server.call('lisbon')).toBe(false);
  expect(await lisbon.waitForEvent(7)).toBe(0);
});
