import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Authority,
  branchTlsOptions,
  createBranchRequest,
  explainTlsFailure,
  hubTlsOptions,
  type HubCertificate,
} from '#libs/identity';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempTree } from '../support/temp-tree.ts';
import { sayHello, tlsListener, type TlsListener } from '../support/tls-listener.ts';

const day = 86_400_000;
const hour = 3_600_000;
const at = (offsetMs: number): { clock: { now: () => number } } => ({
  clock: { now: () => Date.now() + offsetMs },
});

interface Site {
  readonly authority: Authority;
  readonly folder: string;
  readonly hub: HubCertificate;
}

/** A hub with its authority, and what it needs to be somebody else at another time. */
async function site(): Promise<Site> {
  const folder = path.join(await tempTree(), 'authority');
  const authority = await Authority.open(folder, at(-365 * day));
  const today = await Authority.open(folder);
  return { authority, folder, hub: await today.issueHubCertificate({ names: [], lifeMs: day }) };
}

async function branchAt(
  { folder }: Site,
  { offsetMs = 0, lifeMs = day }: { offsetMs?: number; lifeMs?: number } = {},
): Promise<HubCertificate> {
  const authority = await Authority.open(folder, at(offsetMs));
  const { csrPem, keyPem } = await createBranchRequest('lisbon');
  const issued = await authority.issueBranchCertificate({ csrPem, branch: 'lisbon', lifeMs });
  return { keyPem, certificatePem: issued.certificatePem };
}

const listenAs = ({ authority }: Site, certificate: HubCertificate): Promise<TlsListener> =>
  tlsListener(hubTlsOptions({ ...certificate, authorityPem: authority.certificatePem }));

const tlsOf = (
  { authority }: Site,
  certificate: HubCertificate,
): ReturnType<typeof branchTlsOptions> =>
  branchTlsOptions({
    ...certificate,
    authorityPem: authority.certificatePem,
    hubId: authority.hubId,
  });

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'it was let in',
    (error: unknown) => error,
  );

const codeAtHub = (refusal: unknown): unknown =>
  explainTlsFailure(refusal, { role: 'hub', peer: '192.0.2.9' })?.code;
const codeAtBranch = (failure: unknown): unknown =>
  explainTlsFailure(failure, { role: 'branch', peer: 'hub:4411' })?.code;

describe('between a hub and its branch', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s carries bytes, under whatever name',
    async (version) => {
      const own = await site();
      const { port } = await listenAs(own, own.hub);
      const tls = tlsOf(own, await branchAt(own));
      const limits = { minVersion: version, maxVersion: version };
      expect(await sayHello(port, { ...tls, ...limits })).toMatchObject({ answer: 'heard hello' });
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'no session of %s is resumed: each connection shows its certificate',
    async (version) => {
      const own = await site();
      const { port } = await listenAs(own, own.hub);
      const tls = { ...tlsOf(own, await branchAt(own)), minVersion: version, maxVersion: version };
      const first = await sayHello(port, tls);
      const second = await sayHello(port, {
        ...tls,
        ...(first.session === undefined ? {} : { session: first.session }),
      });
      expect(second).toMatchObject({ answer: 'heard hello', resumed: false });
    },
  );

  it('TLS 1.1 is not spoken', async () => {
    const own = await site();
    const listener = await listenAs(own, own.hub);
    const failure = await failureOf(
      sayHello(listener.port, {
        ...tlsOf(own, await branchAt(own)),
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      }),
    );
    expect(codeAtBranch(failure)).toBe('PEER_ANSWER_INVALID');
    expect(codeAtHub(await listener.nextRefusal())).toBe('PEER_ANSWER_INVALID');
  });
});

describe('a hub lets nobody in', () => {
  it('without a certificate, and says so on both ends', async () => {
    const own = await site();
    const listener = await listenAs(own, own.hub);
    const { cert, key, ...tls } = tlsOf(own, await branchAt(own));
    expect(cert + key).toContain('PRIVATE');
    const failure = await failureOf(sayHello(listener.port, tls));
    expect(codeAtHub(await listener.nextRefusal())).toBe('CERTIFICATE_MISSING');
    expect(codeAtBranch(failure)).toBe('CERTIFICATE_MISSING');
    expect(listener.received()).toBe('');
  });

  it.each([
    ['a stranger’s', 'CERTIFICATE_STRANGE', async () => await branchAt(await site())],
    [
      'one signed by itself',
      'CERTIFICATE_STRANGE',
      async () => {
        const folder = path.join(await tempTree(), 'authority');
        const { certificatePem } = await Authority.open(folder);
        const keyPem = await readFile(path.join(folder, 'authority.key.pem'), 'utf8');
        return { certificatePem, keyPem };
      },
    ],
    [
      'an expired one',
      'CERTIFICATE_EXPIRED',
      async (own: Site) => await branchAt(own, { offsetMs: -2 * day, lifeMs: day }),
    ],
    [
      'one of tomorrow',
      'CLOCK_WRONG',
      async (own: Site) => await branchAt(own, { offsetMs: day + 2 * hour }),
    ],
    [
      'a hub’s',
      'CERTIFICATE_STRANGE',
      (own: Site) => own.authority.issueHubCertificate({ names: [], lifeMs: 400 * day }),
    ],
  ])('with %s certificate (%s)', async (_, code, make) => {
    const own = await site();
    const listener = await listenAs(own, own.hub);
    const failure = await failureOf(sayHello(listener.port, tlsOf(own, await make(own))));
    expect(codeAtHub(await listener.nextRefusal())).toBe(code);
    expect(failure).not.toBe('it was let in');
    expect(listener.received()).toBe('');
  });

  it('who does not speak TLS', async () => {
    const own = await site();
    const listener = await listenAs(own, own.hub);
    await failureOf(fetch(`http://127.0.0.1:${listener.port}/`));
    expect(codeAtHub(await listener.nextRefusal())).toBe('PEER_ANSWER_INVALID');
  });
});

describe('a branch talks to nobody', () => {
  it.each([
    ['of another authority', 'CERTIFICATE_STRANGE', async () => (await site()).hub],
    [
      'expired',
      'CERTIFICATE_EXPIRED',
      (own: Site) => own.authority.issueHubCertificate({ names: [], lifeMs: day }),
    ],
    [
      'of tomorrow',
      'CLOCK_WRONG',
      async (own: Site) =>
        await (
          await Authority.open(own.folder, at(day + 2 * hour))
        ).issueHubCertificate({ names: [], lifeMs: day }),
    ],
    ['of a branch', 'CERTIFICATE_STRANGE', (own: Site) => branchAt(own)],
  ])('whose certificate is one %s (%s)', async (_, code, make) => {
    const own = await site();
    const listener = await listenAs(own, await make(own));
    const failure = await failureOf(sayHello(listener.port, tlsOf(own, await branchAt(own))));
    expect(codeAtBranch(failure)).toBe(code);
    expect(listener.received()).toBe('');
  });

  it('who is another hub under the same authority', async () => {
    const own = await site();
    const listener = await listenAs(own, own.hub);
    const tls = branchTlsOptions({
      ...(await branchAt(own)),
      authorityPem: own.authority.certificatePem,
      hubId: '00000000-0000-4000-8000-000000000000',
    });
    const failure = await failureOf(sayHello(listener.port, tls));
    expect(failure).toMatchObject({ code: 'CERTIFICATE_STRANGE' });
    expect(listener.received()).toBe('');
  });
});

it.skipIf(!hasClient('openssl'))('certificates are what they should be (openssl)', async () => {
  const own = await site();
  const branch = await branchAt(own);
  const folder = await tempTree({
    'ca.pem': own.authority.certificatePem,
    'hub.pem': own.hub.certificatePem,
    'branch.pem': branch.certificatePem,
  });
  const verify = async (purpose: string, file: string): Promise<number> => {
    const args = ['verify', '-x509_strict', '-CAfile', 'ca.pem', '-purpose', purpose, file];
    return (await runClient('openssl', args, { cwd: folder })).status;
  };
  expect(await verify('sslserver', 'hub.pem')).toBe(0);
  expect(await verify('sslclient', 'branch.pem')).toBe(0);
  expect(await verify('sslclient', 'hub.pem')).not.toBe(0);
  expect(await verify('sslserver', 'branch.pem')).not.toBe(0);
});
