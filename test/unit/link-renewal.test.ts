import { generateKeyPairSync } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { Authority, dayMs } from '#libs/identity';
import { systemClock, type Clock } from '#libs/lifecycle';
import { Renewal } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { requireIssuedForUs } from '../../libs/link/issued-for-us.ts';
import { tempFolder } from '../support/temp-folder.ts';

const certificateOf = async (lifeMs: number, clock: Clock = systemClock): Promise<string> => {
  const authority = await Authority.open(await tempFolder(), { clock });
  return (await authority.issueHubCertificate({ names: [], lifeMs })).certificatePem;
};

const renewal = (current: () => string, renew: () => Promise<void>, clock: Clock): Renewal => {
  const service = new Renewal({
    of: 'branch',
    seed: 'lisbon',
    current,
    renew,
    clock,
    log: silentLogger(),
  });
  onTestFinished(() => service.stop());
  return service;
};

it('does nothing while two thirds of the life are not over', async () => {
  const certificate = await certificateOf(30 * dayMs);
  let renewed = 0;
  const service = renewal(
    () => certificate,
    async () => {
      renewed += 1;
      await Promise.resolve();
    },
    systemClock,
  );
  await service.start();
  await service.stop();
  expect(renewed).toBe(0);
  expect(service.notAfterMs).toBeGreaterThan(Date.now() + 29 * dayMs);
});

it('renews at once when it starts late, then waits for the next time', async () => {
  const late: Clock = { now: () => Date.now() - 25 * dayMs };
  let certificate = await certificateOf(30 * dayMs, late);
  let renewed = 0;
  const { promise: done, resolve } = Promise.withResolvers<undefined>();
  const service = renewal(
    () => certificate,
    async () => {
      renewed += 1;
      certificate = await certificateOf(30 * dayMs);
      resolve(undefined);
    },
    systemClock,
  );
  await service.start();
  await done;
  await service.stop();
  expect(renewed).toBe(1);
  expect(service.trouble).toBeUndefined();
});

it('tries again after a failure, and says what is wrong meanwhile', async () => {
  let certificate = await certificateOf(30 * dayMs, { now: () => Date.now() - 30 * dayMs + 9_000 });
  const seen: unknown[] = [];
  const { promise: done, resolve } = Promise.withResolvers<undefined>();
  const service = renewal(
    () => certificate,
    async () => {
      seen.push(service.trouble?.code);
      if (seen.length < 2) throw new BranchlineError('PEER_UNREACHABLE', 'the hub is away');
      certificate = await certificateOf(30 * dayMs);
      resolve(undefined);
    },
    systemClock,
  );
  await service.start();
  await done;
  await service.stop();
  expect(seen).toEqual([undefined, 'PEER_UNREACHABLE']);
  expect(service.trouble).toBeUndefined();
});

it('gives up once the certificate has expired: nobody would hear it', async () => {
  const certificate = await certificateOf(1_000, { now: () => Date.now() - dayMs });
  let tries = 0;
  const service = renewal(
    () => certificate,
    () => {
      tries += 1;
      return Promise.reject(new BranchlineError('CERTIFICATE_EXPIRED', 'too late'));
    },
    systemClock,
  );
  await service.start();
  await expect.poll(() => service.trouble?.code).toBe('CERTIFICATE_EXPIRED');
  await service.stop();
  expect(tries).toBe(1);
});

it('takes a certificate for its own key and from the authority beside it, and no other', async () => {
  const [mine, other] = [
    await Authority.open(await tempFolder()),
    await Authority.open(await tempFolder()),
  ];
  const pair = await mine.issueHubCertificate({ names: [], lifeMs: dayMs });
  const check = (keyPem: string, authority: string, certificatePem = pair.certificatePem): void => {
    requireIssuedForUs({ certificatePem, keyPem }, authority, 'hub:4411');
  };
  const strangeKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const refusal: unknown = expect.objectContaining({ code: 'PEER_ANSWER_INVALID' });
  check(pair.keyPem, mine.certificatePem);
  expect(() => {
    check(strangeKey, mine.certificatePem);
  }).toThrow(refusal);
  expect(() => {
    check(pair.keyPem, other.certificatePem);
  }).toThrow(refusal);
  expect(() => {
    check(pair.keyPem, mine.certificatePem, 'no certificate');
  }).toThrow(refusal);
});

it('replaces a certificate that was made while the clock was ahead', async () => {
  let certificate = await certificateOf(30 * dayMs, { now: () => Date.now() + 3 * dayMs });
  const { promise: done, resolve } = Promise.withResolvers<undefined>();
  const service = renewal(
    () => certificate,
    async () => {
      certificate = await certificateOf(30 * dayMs);
      resolve(undefined);
    },
    systemClock,
  );
  await service.start();
  await done;
  expect(service.notAfterMs).toBeLessThan(Date.now() + 30 * dayMs + 60_000);
});
