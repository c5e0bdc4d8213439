import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { pullRig } from '../support/pull-rig.ts';
import { Relay } from '../support/relay.ts';

const hourMs = 3_600_000;

it('keeps what it has, and says so, when the hub says nothing newer for longer than it may', async () => {
  let now = Date.now();
  const clock = { now: () => now };
  const hub = await HubInABox.start();
  await hub.publishFile('46xxsettings.txt', Buffer.from('SET A 1'));
  const rig = await pullRig([hub], { clock });
  expect(await rig.run()).toMatchObject({ state: 'done' });

  now += 25 * hourMs;
  // However often it is asked: the reason stays, and does not become "not asked just now".
  for (const byHand of [false, false, false, true]) {
    expect(await rig.run(byHand)).toMatchObject({ state: 'failed', code: 'RELEASE_FROZEN' });
  }
  // Head office must know: it is told, once.
  expect(rig.hubs[0]?.reports.map(({ state }) => state)).toEqual(['pending', 'in-sync', 'error']);
  expect(rig.hubs[0]?.reports.at(-1)?.problems).toMatchObject([{ code: 'RELEASE_FROZEN' }]);
  expect(await rig.publisher.visible()).toMatchObject({ 'HTTP:46xxsettings.txt': 'SET A 1' });

  now -= 25 * hourMs;
  await hub.publishFile('46xxsettings.txt', Buffer.from('SET A 2'));
  expect(await rig.run()).toMatchObject({ state: 'done' });
  expect(await rig.publisher.visible()).toMatchObject({ 'HTTP:46xxsettings.txt': 'SET A 2' });
});

it('asks a hub that is alone at every run, however often it has failed', async () => {
  const hub = await HubInABox.start();
  const relay = await Relay.start(() => hub.port);
  onTestFinished(() => relay.stop());
  const rig = await pullRig([hub], { ports: [relay.port] });
  await hub.publishFile('a.txt', Buffer.from('a'));
  await hub.server.stop();
  for (let n = 0; n < 3; n += 1) {
    expect(await rig.run()).toMatchObject({ state: 'failed', code: 'PEER_UNREACHABLE' });
  }
  expect(rig.hubs[0]?.upstream.breaker.closed).toBe(false);
  await hub.server.start();
  expect(await rig.run()).toMatchObject({ state: 'done' });
  expect(rig.hubs[0]?.upstream.breaker.closed).toBe(true);
});

it('leaves a primary alone after two failures while there is a secondary', async () => {
  const [primary, secondary] = [await HubInABox.start(), await HubInABox.start()];
  await primary.publishFile('a.txt', Buffer.from('a'));
  await secondary.publishFile('a.txt', Buffer.from('a'));
  const rig = await pullRig([primary, secondary]);
  await primary.stop();
  for (let n = 0; n < 3; n += 1) expect(await rig.run()).toMatchObject({ state: 'done' });
  expect(rig.hubs.map(({ upstream }) => upstream.breaker.closed)).toEqual([false, true]);
  expect(rig.pull.state.upstream?.peer).toBe('secondary');
});

it('takes nothing older from a secondary that lags behind', async () => {
  let now = 1_000;
  const clock = { now: () => Date.now() + now };
  const [primary, secondary] = [await HubInABox.start({ clock }), await HubInABox.start({ clock })];
  await secondary.publishFile('a.txt', Buffer.from('old'));
  now += 1_000;
  await primary.publishFile('a.txt', Buffer.from('new'));
  const rig = await pullRig([primary, secondary]);
  await rig.run();
  await primary.stop();
  expect(await rig.run()).toMatchObject({ state: 'done' });
  expect(rig.pull.state.upstream?.peer).toBe('secondary');
  expect(await rig.publisher.visible()).toMatchObject({ 'HTTP:a.txt': 'new' });
});

it('ends the run, with its reason, when the branch is locked out in the middle of it', async () => {
  const hub = await HubInABox.start();
  for (const name of ['a.bin', 'b.bin', 'c.bin'])
    await hub.publishFile(name, randomBytes(3_000_000));
  const rig = await pullRig([hub]);
  const revoked = Promise.withResolvers<undefined>();
  rig.runs.subscribe(({ files }) => {
    if (files.some(({ state }) => state === 'fetching')) revoked.resolve(undefined);
  });
  const running = rig.run();
  await revoked.promise;
  await hub.elsewhere((state) => state.revoke('lisbon', Date.now()));
  await hub.server.recheck();
  expect(await running).toMatchObject({ state: 'failed', code: 'CERTIFICATE_REVOKED' });
  expect(rig.hubs[0]?.upstream.breaker.closed).toBe(true);
});

it('tells the hub again what has not changed, so that it knows the free space and the way up', async () => {
  const hub = await HubInABox.start();
  await hub.publishFile('a.txt', Buffer.from('a'));
  let now = Date.now();
  const rig = await pullRig([hub], { clock: { now: () => now } });
  await rig.run();
  const told = rig.hubs[0]?.reports.length ?? 0;
  now += 60_000;
  await rig.run();
  expect(rig.hubs[0]?.reports.length).toBe(told);
  now += 15 * 60_000;
  await rig.run();
  expect(rig.hubs[0]?.reports.length).toBe(told + 1);
});
