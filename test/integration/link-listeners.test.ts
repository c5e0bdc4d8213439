import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawConnection } from '../support/raw-link.ts';

/** A port of loopback that another program has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

it('says which setting to change when its port is taken', async () => {
  const port = await takenPort();
  await expect(HubInABox.start({ port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
});

it('goes without joining when that port is taken, until somebody is to join', async () => {
  const hub = await HubInABox.start({ joinPort: await takenPort() });
  await expect(hub.invite('lisbon')).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  expect(hub.joining.listening).toBe(false);
});

it('starts again where it was stopped, and its branches find it again', async () => {
  const hub = await HubInABox.start();
  const target = await hub.publishFile('fw.zip', Buffer.from('firmware'));
  const identity = await hub.enrol('lisbon');
  const client = hub.client(identity);
  const bytes = await gather(client.file(target.sha256, target));
  await hub.server.stop();
  expect(hub.server.port).toBeUndefined();
  await expect(client.metadata('timestamp.json', 10_000)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  });
  await hub.server.start();
  const back = hub.client({ ...identity, hubPort: hub.port });
  expect((await gather(back.file(target.sha256, target))).equals(bytes)).toBe(true);
});

it('keeps a bounded number of connections for one branch', async () => {
  const hub = await HubInABox.start({ limits: { connectionsPerBranch: 2 } });
  const identity = await hub.enrol('lisbon');
  const open = [await rawConnection(hub.port, identity), await rawConnection(hub.port, identity)];
  const third = await rawConnection(hub.port, identity);
  onTestFinished(() => {
    for (const socket of [...open, third]) socket.destroy();
  });
  await once(third.resume(), 'close');
  expect(open.map((socket) => socket.destroyed)).toEqual([false, false]);
  await (await hub.branch('porto')).metadata('timestamp.json', 10_000);
});
