import { X509Certificate } from 'node:crypto';
import { once, EventEmitter } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { Authority, dayMs, PhoneCertificates, type PhoneKeys } from '#libs/identity';
import { systemClock, type Clock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { makePhoneCertificate, phoneCertificate } from '../support/phone-certificate.ts';
import { tempTree } from '../support/temp-tree.ts';

interface Rig {
  readonly certificates: PhoneCertificates;
  readonly certFile: string;
  readonly keyFile: string;
  /** The next keys that subscribers are given. */
  readonly next: () => Promise<PhoneKeys>;
}

/** One pair, the operator's unless `files` is empty. */
async function rig(files: Record<string, string>, clock: Clock = systemClock): Promise<Rig> {
  const root = await tempTree(files);
  const [certFile, keyFile] = [path.join(root, 'phone.crt'), path.join(root, 'phone.key')];
  const certificates = await PhoneCertificates.open({
    pairs: [{ kind: 'rsa', certFile, keyFile }],
    clientAuthorityFile: 'ca.pem' in files ? path.join(root, 'ca.pem') : undefined,
    names: ['files.example.com'],
    ...{ clock, log: silentLogger(), settleMs: 20, rescanMs: 3_600_000 },
  });
  const events = new EventEmitter();
  certificates.subscribe((keys) => events.emit('keys', keys));
  await certificates.start();
  onTestFinished(() => certificates.stop());
  const next = async (): Promise<PhoneKeys> => {
    const [keys] = (await once(events, 'keys')) as [PhoneKeys];
    return keys;
  };
  return { certificates, certFile, keyFile, next };
}

const pairFiles = async (): Promise<Record<string, string>> => {
  const { cert, key } = await phoneCertificate();
  return { 'phone.crt': cert, 'phone.key': key };
};

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

it('takes a new pair when both files have changed, and the old one stays between', async () => {
  const { certificates, certFile, keyFile, next } = await rig(await pairFiles());
  const [before] = certificates.current().pairs;
  const { cert, key } = await makePhoneCertificate();
  await replace(certFile, cert);
  await expect.poll(() => certificates.trouble?.code).toBe('CERTIFICATE_INVALID');
  expect(certificates.current().pairs).toEqual([before]);
  const changed = next();
  await replace(keyFile, key);
  expect((await changed).pairs).toEqual([{ kind: 'rsa', certificatePem: cert, keyPem: key }]);
  await expect.poll(() => certificates.trouble).toBeUndefined();
  expect(certificates.current()).toEqual(await changed);
});

it.each([
  ['missing', (file: string) => rm(file)],
  ['no certificate', (file: string) => writeFile(file, 'x')],
  ['empty', (file: string) => writeFile(file, '')],
])('keeps its certificate when the file is %s, and makes none', async (_, spoil) => {
  const { certificates, certFile } = await rig(await pairFiles());
  const before = certificates.current();
  await spoil(certFile);
  await certificates.reload();
  expect(certificates.trouble).toMatchObject({ code: 'CERTIFICATE_INVALID' });
  expect(certificates.current()).toEqual(before);
});

it('tells nobody when nothing has changed', async () => {
  const { certificates, certFile } = await rig(await pairFiles());
  let told = 0;
  certificates.subscribe(() => (told += 1));
  await replace(certFile, await readFile(certFile, 'utf8'));
  await certificates.reload();
  expect(told).toBe(0);
});

it('asks a listener again that could not use the new pair', async () => {
  const { certificates, certFile, keyFile } = await rig(await pairFiles());
  const before = certificates.current();
  let willing = false;
  certificates.subscribe(() => {
    if (!willing) throw new BranchlineError('CERTIFICATE_INVALID', 'no RSA');
  });
  const { cert, key } = await makePhoneCertificate('ec');
  await Promise.all([replace(certFile, cert), replace(keyFile, key)]);
  await certificates.reload();
  expect([certificates.trouble?.message, certificates.current()]).toEqual(['no RSA', before]);
  willing = true;
  await certificates.reload();
  expect(certificates.trouble).toBeUndefined();
  expect(certificates.current().pairs).toMatchObject([{ kind: 'ec' }]);
});

it('renews what it has made itself in the last month, for the same key', async () => {
  let now = Date.now();
  const clock: Clock = { now: () => now };
  const { certificates, next } = await rig({}, clock);
  const [made] = certificates.current().pairs;
  const [{ notAfterMs } = { notAfterMs: 0 }] = certificates.expiries();
  expect(notAfterMs).toBeGreaterThan(now + 9 * 365 * dayMs);
  now = notAfterMs - 31 * dayMs;
  await certificates.reload();
  expect(certificates.current().pairs).toEqual([made]);
  now = notAfterMs - 29 * dayMs;
  const renewed = next();
  await certificates.reload();
  const [fresh] = (await renewed).pairs;
  expect(fresh?.keyPem).toBe(made?.keyPem);
  const until = new X509Certificate(fresh?.certificatePem ?? '').validToDate.getTime();
  expect(until).toBeGreaterThan(now + 9 * 365 * dayMs);
});

it('never renews what an administrator has brought', async () => {
  const { cert, key } = await foreignPair();
  const clock: Clock = { now: () => new X509Certificate(cert).validToDate.getTime() };
  const { certificates } = await rig({ 'phone.crt': cert, 'phone.key': key }, clock);
  await certificates.reload();
  expect(certificates.current().pairs).toMatchObject([{ certificatePem: cert }]);
});

it('refuses two certificates for one kind of key', async () => {
  const root = await tempTree(await pairFiles());
  const pair = {
    certFile: path.join(root, 'phone.crt'),
    keyFile: path.join(root, 'phone.key'),
  };
  const opened = PhoneCertificates.open({
    pairs: [
      { kind: 'rsa', ...pair },
      { kind: 'ec', ...pair },
    ],
    ...{ clientAuthorityFile: undefined, names: [], clock: systemClock, log: silentLogger() },
  });
  await expect(opened).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
});

it('hands on the authorities of clients, and keeps them when their file is spoiled', async () => {
  const { cert } = await makePhoneCertificate('ec');
  const { certificates, certFile } = await rig({ ...(await pairFiles()), 'ca.pem': cert });
  expect(certificates.current().clientAuthorities).toBe(cert);
  await writeFile(path.join(path.dirname(certFile), 'ca.pem'), 'none');
  await certificates.reload();
  expect(certificates.trouble?.code).toBe('CERTIFICATE_INVALID');
  expect(certificates.current().clientAuthorities).toBe(cert);
});

/** As an authority issues one: nothing in it says that it was made here. */
async function foreignPair(): Promise<{ cert: string; key: string }> {
  const authority = await Authority.open(path.join(await tempTree(), 'authority'));
  const issued = await authority.issueHubCertificate({ names: ['a.example.com'], lifeMs: dayMs });
  return { cert: issued.certificatePem, key: issued.keyPem };
}
