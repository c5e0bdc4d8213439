import { expect, it, onTestFinished } from 'vitest';
import { joinHub, type ProxyOptions } from '#libs/link';
import { loggerInto } from '#libs/observe';
import {
  startConnectProxy,
  type ConnectProxy,
  type ConnectProxyOptions,
} from '../support/connect-proxy.ts';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';

const withProxy = async (
  options: ConnectProxyOptions = {},
): Promise<{ hub: HubInABox; proxy: ConnectProxy; through: ProxyOptions }> => {
  const hub = await HubInABox.start();
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.stop());
  return { hub, proxy, through: { address: '127.0.0.1', port: proxy.port } };
};

const version = '0.0.0-test';

it('joins and downloads through a proxy, with its own certificate inside', async () => {
  const { hub, proxy, through } = await withProxy();
  const joinString = await hub.invite('lisbon');
  const joinPort = hub.joining.port ?? 0;
  const { identity } = await joinHub(joinString, { version, proxy: through });
  const bytes = Buffer.alloc(3_000_000, 3);
  const sha256 = await hub.storeBytes(bytes);
  const client = hub.client(identity, { proxy: through });
  const received = await gather(client.file(sha256, { size: bytes.length }));
  expect(received.equals(bytes)).toBe(true);
  expect(proxy.targets).toEqual([
    `127.0.0.1:${joinPort}`,
    `127.0.0.1:${joinPort}`,
    `127.0.0.1:${hub.port}`,
  ]);
});

it('shows its password to the proxy, and to nobody else', async () => {
  const { hub, through } = await withProxy({ credentials: 'fax:g€heim' });
  const lines: string[] = [];
  const log = loggerInto('trace', { write: (line: string) => void lines.push(line) });
  const proxy = { ...through, user: 'fax', password: 'g€heim' };
  const client = hub.client(await hub.enrol('lisbon'), { proxy, log });
  expect(await client.metadata('timestamp.json', 100)).toBeUndefined();
  expect(lines.join('')).not.toContain('heim');
});

it.each([
  ['no password', {}],
  ['a wrong password', { user: 'fax', password: 'guess' }],
])('is refused by a proxy that it gives %s', async (_, credentials) => {
  const { hub, through } = await withProxy({ credentials: 'fax:geheim' });
  const proxy = { ...through, ...credentials };
  const client = hub.client(await hub.enrol('lisbon'), { proxy });
  const asked = client.metadata('timestamp.json', 100);
  await expect(asked).rejects.toMatchObject({ code: 'PROXY_REFUSED' });
  await expect(asked).rejects.not.toThrow(/guess|geheim/);
  const joining = joinHub(await hub.invite('porto'), { version, proxy });
  await expect(joining).rejects.toMatchObject({ code: 'PROXY_REFUSED' });
});

it.each([
  [403, 'PROXY_REFUSED'],
  [502, 'PEER_UNREACHABLE'],
  [504, 'PEER_UNREACHABLE'],
])('takes a proxy’s %i for %s', async (status, code) => {
  const { hub, through } = await withProxy({ status });
  const client = hub.client(await hub.enrol('lisbon'), { proxy: through });
  await expect(client.metadata('timestamp.json', 100)).rejects.toMatchObject({ code });
});

it('cannot reach a hub through a proxy that is not there', async () => {
  const { hub, proxy, through } = await withProxy();
  await proxy.stop();
  const client = hub.client(await hub.enrol('lisbon'), { proxy: through });
  await expect(client.metadata('timestamp.json', 100)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  });
});

it('notices a proxy that opens the TLS and shows a certificate of its own', async () => {
  const { hub, through } = await withProxy();
  const other = await HubInABox.start();
  const identity = await hub.enrol('lisbon');
  const client = hub.client({ ...identity, hubPort: other.port }, { proxy: through });
  await expect(client.metadata('timestamp.json', 100)).rejects.toMatchObject({
    code: 'CERTIFICATE_STRANGE',
  });
});
