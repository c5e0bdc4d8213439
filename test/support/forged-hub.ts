import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';

export interface ForgedHub {
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** What somebody would show who knows all about a hub but its keys: its id, its names, and its authority's key id. */
export async function forgedHub(hubId: string, authorityKey: KeyObject): Promise<ForgedHub> {
  const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
    webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const [thief, leaf] = [await newKeys(), await newKeys()];
  const name = [{ CN: [`Branchline hub ${hubId}`] }];
  const san: Extension = new SubjectAlternativeNameExtension([
    { type: 'url', value: `urn:branchline:hub:${hubId}` },
  ]);
  const authority = await X509CertificateGenerator.createSelfSigned({
    name,
    keys: thief,
    extensions: [new BasicConstraintsExtension(true, 0, true), san],
  });
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: name,
    publicKey: leaf.publicKey,
    signingKey: thief.privateKey,
    extensions: [
      san,
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      await AuthorityKeyIdentifierExtension.create(
        authorityKey.export({ type: 'spki', format: 'der' }),
      ),
    ],
  });
  const key = KeyObject.from(leaf.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return {
    authorityPem: authority.toString('pem'),
    certificatePem: certificate.toString('pem'),
    keyPem: key.toString(),
  };
}
