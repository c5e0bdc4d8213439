import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Authority, createBranchRequest, describeCertificate, renewalTime } from '#libs/identity';
import { tempTree } from '../support/temp-tree.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 21, 12);
const clock = { now: () => now };

describe('the authority of a hub', () => {
  it('is made once, with a key that only its owner reads', async () => {
    const folder = path.join(await tempTree(), 'authority');
    const made = await Authority.open(folder, { clock });
    const loaded = await Authority.open(folder, { clock });
    expect(loaded).toMatchObject({
      pin: made.pin,
      hubId: made.hubId,
      certificatePem: made.certificatePem,
    });
    expect(made.pin).toMatch(/^sha256\/[\w-]{43}$/);
    expect((await stat(path.join(folder, 'authority.key.pem'))).mode & 0o777).toBe(0o600);
    expect(describeCertificate(made.certificatePem)).toMatchObject({
      hubId: made.hubId,
      branch: undefined,
    });
  });

  it('is one, when two processes make it at the same moment', async () => {
    const folder = path.join(await tempTree(), 'authority');
    const [a, b] = await Promise.all([Authority.open(folder), Authority.open(folder)]);
    expect(b.pin).toBe(a.pin);
    expect((await readdir(path.dirname(folder))).toSorted()).toEqual(['authority']);
  });

  it.each(['authority.pem', 'authority.key.pem'])(
    'is not replaced when %s is lost',
    async (file) => {
      const folder = path.join(await tempTree(), 'authority');
      await Authority.open(folder);
      await rm(path.join(folder, file));
      await expect(Authority.open(folder)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
    },
  );

  it('is not used with the key of another', async () => {
    const root = await tempTree();
    await Authority.open(path.join(root, 'a'));
    await Authority.open(path.join(root, 'b'));
    const strange = await readFile(path.join(root, 'b', 'authority.key.pem'));
    await writeFile(path.join(root, 'a', 'authority.key.pem'), strange);
    await expect(Authority.open(path.join(root, 'a'))).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
    });
  });

  it('is not made among files that are none of its own', async () => {
    const folder = await tempTree({ 'notes.txt': 'mine' });
    await expect(Authority.open(folder)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  it('issues its hub a certificate for answering only, under its names and its id', async () => {
    const authority = await Authority.open(path.join(await tempTree(), 'authority'), { clock });
    const names = ['hub.example.com', '192.0.2.7', '2001:db8::7'];
    const hub = await authority.issueHubCertificate({ names, lifeMs: 90 * day });
    const certificate = new X509Certificate(hub.certificatePem);
    expect(certificate.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(hub.keyPem))).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.checkHost('hub.example.com')).toBe('hub.example.com');
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(certificate.checkIP('2001:db8::7')).toBe('2001:db8::7');
    expect(describeCertificate(hub.certificatePem)).toMatchObject({
      hubId: authority.hubId,
      notBeforeMs: now - day,
      notAfterMs: now + 90 * day,
    });
  });
});

describe('the certificate of a branch', () => {
  it('is for asking only, and carries the name of the invitation, not of the request', async () => {
    const authority = await Authority.open(path.join(await tempTree(), 'authority'), { clock });
    const { csrPem, keyPem } = await createBranchRequest('headquarters');
    const issued = await authority.issueBranchCertificate({
      csrPem,
      branch: 'lisbon',
      lifeMs: 30 * day,
    });
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.ca).toBe(false);
    const description = describeCertificate(certificate);
    expect(description).toMatchObject({
      branch: 'lisbon',
      hubId: undefined,
      fingerprint: issued.fingerprint,
      serial: issued.serial,
      notBeforeMs: now - day,
      notAfterMs: issued.notAfter,
    });
    expect(issued.certificatePem).not.toContain('headquarters');
    expect(certificate.subject).toBe('CN=lisbon');
  });

  it('is not issued to somebody who does not hold the key', async () => {
    const authority = await Authority.open(path.join(await tempTree(), 'authority'));
    const { csrPem } = await createBranchRequest('lisbon');
    const der = Buffer.from(csrPem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 3) ^ 1, der.length - 3);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(
      authority.issueBranchCertificate({ csrPem: forged, branch: 'lisbon', lifeMs: day }),
    ).rejects.toMatchObject({ code: 'JOIN_REQUEST_INVALID' });
  });

  it.each(['', 'not a request', 'x'.repeat(100_000)])(
    'is not issued for garbage (%#)',
    async (csrPem) => {
      const authority = await Authority.open(path.join(await tempTree(), 'authority'));
      await expect(
        authority.issueBranchCertificate({ csrPem, branch: 'lisbon', lifeMs: day }),
      ).rejects.toMatchObject({ code: 'JOIN_REQUEST_INVALID' });
    },
  );

  it.each(['', '-lisbon', 'lisbon, URI:urn:branchline:hub:x', 'a/b', 'é', 'x'.repeat(64)])(
    'is not issued under the name %j',
    async (branch) => {
      const authority = await Authority.open(path.join(await tempTree(), 'authority'));
      const { csrPem } = await createBranchRequest('lisbon');
      await expect(
        authority.issueBranchCertificate({ csrPem, branch, lifeMs: day }),
      ).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
    },
  );
});

describe('the renewal of a certificate', () => {
  const life = { notBeforeMs: now, notAfterMs: now + 30 * day };

  it('comes at two thirds of its life, a little later for some, always at the same time for one', () => {
    const times = Array.from({ length: 500 }, (_, n) => renewalTime(life, `branch-${n}`) - now);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(20 * day);
    expect(Math.max(...times)).toBeLessThan(21.5 * day);
    expect(new Set(times).size).toBeGreaterThan(490);
    expect(renewalTime(life, 'lisbon')).toBe(renewalTime(life, 'lisbon'));
  });

  it('lies ahead even for a certificate of ten seconds', async () => {
    const authority = await Authority.open(path.join(await tempTree(), 'authority'), { clock });
    const { csrPem } = await createBranchRequest('lisbon');
    const { certificatePem } = await authority.issueBranchCertificate({
      csrPem,
      branch: 'lisbon',
      lifeMs: 10_000,
    });
    const at = renewalTime(describeCertificate(certificatePem), 'lisbon');
    expect(at).toBeGreaterThan(now);
    expect(at).toBeLessThan(now + 10_000);
  });
});

it('says so when something is no certificate', () => {
  expect(() => describeCertificate('nothing')).toThrow(
    expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
  );
});
