import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { relayedHub } from '../support/relayed-hub.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, leftovers, sha256, statusOf, visibleIn } from '../support/site.ts';

it('ends with the new bytes, and never with a mixture, when a file in Updates is replaced in mid-download', async () => {
  const { hub, branch } = await joinedSites();
  const relay = await relayedHub(hub, branch, 8_000_000);
  await ServerProcess.start(branch.config);
  const [first, second] = [randomBytes(12_000_000), randomBytes(12_000_000)];
  await drop(hub, 'firmware.bin', first);
  await relay.reached(first.length / 2);
  await drop(hub, 'firmware.bin', second);

  const whole = new Set([undefined, sha256(first), sha256(second)]);
  // Nobody asks: the hub has woken the branch while it was fetching.
  for (let seen: string | undefined; seen !== sha256(second);) {
    seen = (await visibleIn(branch, 'HTTPdata'))['firmware.bin'];
    expect(whole).toContain(seen);
    await sleep(20);
  }
  expect(await visibleIn(branch, 'HTTPSdata')).toEqual({ 'firmware.bin': sha256(second) });
  expect((await visibleIn(branch, 'Updates'))['firmware.bin']).toBe(sha256(second));
  expect(await leftovers(branch, 'Updates')).toEqual([]);
  const { recentErrors } = await statusOf(hub);
  expect(recentErrors.map(({ code }) => code)).toEqual(['RELEASE_NAME_REUSED']);
  expect(recentErrors[0]?.sentence).toContain('firmware.bin');
});
