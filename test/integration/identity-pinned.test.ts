import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Authority,
  fetchPinnedAuthority,
  joinTlsOptions,
  newcomerTlsOptions,
} from '#libs/identity';
import { forgedHub } from '../support/forged-hub.ts';
import { tempTree } from '../support/temp-tree.ts';
import { sayHello, tlsListener } from '../support/tls-listener.ts';

const day = 86_400_000;
const names = ['127.0.0.1'];

async function authorityAt(offsetMs = 0): Promise<Authority> {
  return await Authority.open(path.join(await tempTree(), 'authority'), {
    clock: { now: () => Date.now() + offsetMs },
  });
}

async function listenAs(
  authority: Authority,
  shownAuthority = authority.certificatePem,
): ReturnType<typeof tlsListener> {
  const keys = await authority.issueHubCertificate({ names, lifeMs: day });
  return await tlsListener(joinTlsOptions({ ...keys, authorityPem: shownAuthority }));
}

const ask = (port: number, { pin, hubId }: Authority, timeoutMs = 5_000): Promise<string> =>
  fetchPinnedAuthority('127.0.0.1', port, pin, hubId, { timeoutMs });

describe('who joins with a pin', () => {
  it('learns the authority, tells nothing, and verifies the next connection in full', async () => {
    const authority = await authorityAt();
    const listener = await listenAs(authority);
    const authorityPem = await ask(listener.port, authority);
    expect(authorityPem).toBe(authority.certificatePem);
    expect(listener.received()).toBe('');
    const tls = newcomerTlsOptions({ authorityPem, hubId: authority.hubId });
    expect(await sayHello(listener.port, tls)).toMatchObject({ answer: 'heard hello' });
    const other = await listenAs(await authorityAt());
    await expect(sayHello(other.port, tls)).rejects.toThrow();
    expect(other.received()).toBe('');
  });

  it('refuses another hub', async () => {
    const listener = await listenAs(await authorityAt());
    await expect(ask(listener.port, await authorityAt())).rejects.toMatchObject({
      code: 'JOIN_PIN_MISMATCH',
    });
    expect(listener.received()).toBe('');
  });

  it('refuses a server that shows the right authority but was not certified by it', async () => {
    const authority = await authorityAt();
    const listener = await listenAs(await authorityAt(), authority.certificatePem);
    await expect(ask(listener.port, authority)).rejects.toMatchObject({
      code: 'JOIN_PIN_MISMATCH',
    });
  });

  it('refuses a server that knows everything of the hub but its keys', async () => {
    const authority = await authorityAt();
    const { publicKey } = new X509Certificate(authority.certificatePem);
    const forged = await forgedHub(authority.hubId, publicKey);
    for (const authorityPem of [forged.authorityPem, authority.certificatePem]) {
      const listener = await tlsListener(joinTlsOptions({ ...forged, authorityPem }));
      await expect(ask(listener.port, authority)).rejects.toMatchObject({
        code: 'JOIN_PIN_MISMATCH',
      });
      expect(listener.received()).toBe('');
    }
  });

  it('refuses another hub of the same authority', async () => {
    const authority = await authorityAt();
    const listener = await listenAs(authority);
    const hubId = '00000000-0000-4000-8000-000000000000';
    await expect(
      fetchPinnedAuthority('127.0.0.1', listener.port, authority.pin, hubId, { timeoutMs: 5_000 }),
    ).rejects.toMatchObject({ code: 'JOIN_PIN_MISMATCH' });
  });

  it.each([
    ['expired', -3 * day, 'CERTIFICATE_EXPIRED'],
    ['of tomorrow', 2 * day, 'CLOCK_WRONG'],
  ])('refuses a certificate that is %s', async (_, offsetMs, code) => {
    const authority = await authorityAt(offsetMs);
    const listener = await listenAs(authority);
    await expect(ask(listener.port, authority)).rejects.toMatchObject({ code });
  });

  it('does not wait for ever for a server that says nothing', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const authority = await authorityAt();
    await expect(ask(port, authority, 100)).rejects.toMatchObject({ code: 'PEER_TOO_SLOW' });
  });

  it('says so when nobody listens, or something else does', async () => {
    const web = createServer((socket) => {
      socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const authority = await authorityAt();
    await expect(ask(port, authority)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    web.close();
    await once(web, 'close');
    await expect(ask(port, authority)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });
});
