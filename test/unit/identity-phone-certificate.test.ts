import { X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Authority, openPhoneCertificate } from '#libs/identity';
import { tempTree } from '../support/temp-tree.ts';

async function places(): Promise<{ certFile: string; keyFile: string; names: string[] }> {
  const root = await tempTree();
  return {
    certFile: path.join(root, 'certs', 'server.crt'),
    keyFile: path.join(root, 'private', 'server.key'),
    names: ['files.example.com', '192.0.2.7'],
  };
}

describe('the certificate of the telephones’ listener', () => {
  it('is made once, with RSA and for key exchange by RSA', async () => {
    const where = await places();
    const made = await openPhoneCertificate(where);
    expect(made.made).toBe(true);
    const again = await openPhoneCertificate(where);
    expect(again).toEqual({ ...made, made: false });
    const certificate = new X509Certificate(made.certificatePem);
    expect(certificate.publicKey.asymmetricKeyType).toBe('rsa');
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.subject).toBe('OU=self-made by Branchline\nCN=files.example.com');
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect((await stat(where.keyFile)).mode & 0o777).toBe(0o600);
  });

  it('is the operator’s where there is one', async () => {
    const where = await places();
    const hub = await (
      await Authority.open(path.join(await tempTree(), 'authority'))
    ).issueHubCertificate({ names: ['mine.example.com'], lifeMs: 1e9 });
    const root = await tempTree({ 'a.crt': hub.certificatePem, 'a.key': hub.keyPem });
    const own = { certFile: path.join(root, 'a.crt'), keyFile: path.join(root, 'a.key') };
    expect(await openPhoneCertificate({ ...where, ...own })).toEqual({ ...hub, made: false });
  });

  it('is made for the key that a crash left alone', async () => {
    const where = await places();
    const { keyPem } = await openPhoneCertificate(where);
    await rm(where.certFile);
    expect(await openPhoneCertificate(where)).toMatchObject({ keyPem, made: true });
  });

  it('is refused without its key, with another’s, and when it is none', async () => {
    const where = await places();
    const invalid = { code: 'CERTIFICATE_INVALID' };
    await openPhoneCertificate(where);
    const keyPem = await readFile(where.keyFile, 'utf8');
    await rm(where.keyFile);
    await expect(openPhoneCertificate(where)).rejects.toMatchObject(invalid);
    const { keyPem: strange } = await (
      await Authority.open(path.join(await tempTree(), 'authority'))
    ).issueHubCertificate({ names: [], lifeMs: 1e9 });
    await writeFile(where.keyFile, strange);
    await expect(openPhoneCertificate(where)).rejects.toMatchObject(invalid);
    await writeFile(where.keyFile, keyPem);
    await writeFile(where.certFile, 'no certificate');
    await expect(openPhoneCertificate(where)).rejects.toMatchObject(invalid);
    await rm(where.certFile);
    await writeFile(where.keyFile, 'no key');
    await expect(openPhoneCertificate(where)).rejects.toMatchObject(invalid);
  });
});
