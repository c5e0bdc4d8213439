import { randomBytes, type webcrypto, type X509Certificate } from 'node:crypto';
import { generalName } from './general-name.ts';
import { branchUrn, hubUrn } from './names.ts';
import { dayMs, validity } from './validity.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type Extension,
  type PublicKey,
} from './x509.ts';

/** Who signs. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly hubId: string;
  readonly signingKey: webcrypto.CryptoKey;
}

const AUTHORITY_LIFE_MS = 20 * 365 * dayMs;

/** The certificate of a new authority, as PEM. */
export async function issueAuthority(
  keys: webcrypto.CryptoKeyPair,
  hubId: string,
  now: number,
): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [`Branchline hub ${hubId}`] }],
    keys,
    ...validity(now, AUTHORITY_LIFE_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new SubjectAlternativeNameExtension([{ type: 'url', value: hubUrn(hubId) }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** A hub may answer connections and nothing else. */
export function issueForHub(
  issuer: Issuer,
  publicKey: webcrypto.CryptoKey,
  options: { readonly names: readonly string[]; readonly lifeMs: number; readonly now: number },
): Promise<string> {
  return issue(issuer, publicKey, options, `Branchline hub ${issuer.hubId}`, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], true),
    new SubjectAlternativeNameExtension([
      { type: 'url', value: hubUrn(issuer.hubId) },
      ...options.names.map(generalName),
    ]),
  ]);
}

/** A branch may open connections and nothing else. */
export function issueForBranch(
  issuer: Issuer,
  publicKey: PublicKey,
  options: { readonly branch: string; readonly lifeMs: number; readonly now: number },
): Promise<string> {
  return issue(issuer, publicKey, options, options.branch, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth], true),
    new SubjectAlternativeNameExtension([{ type: 'url', value: branchUrn(options.branch) }]),
  ]);
}

async function issue(
  issuer: Issuer,
  publicKey: webcrypto.CryptoKey | PublicKey,
  { now, lifeMs }: { readonly now: number; readonly lifeMs: number },
  commonName: string,
  extensions: readonly Extension[],
): Promise<string> {
  const authorityKey = issuer.certificate.publicKey.export({ type: 'spki', format: 'der' });
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [commonName] }],
    issuer: [{ CN: [`Branchline hub ${issuer.hubId}`] }],
    publicKey,
    signingKey: issuer.signingKey,
    ...validity(now, lifeMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...extensions,
      await AuthorityKeyIdentifierExtension.create(authorityKey),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** 127 random bits, positive as RFC 5280 § 4.1.2.2 wants it. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('hex');
}
