import { createPublicKey } from 'node:crypto';
import { BranchlineError } from '#libs/errors';
import { keyPemOf, newKeyPair, P256 } from './key-pair.ts';
import { requireBranchName } from './names.ts';
import {
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  type PublicKey,
} from './x509.ts';

export interface BranchRequest {
  /** PKCS #8; it never leaves the branch. */
  readonly keyPem: string;
  /** PKCS #10, signed by the key. */
  readonly csrPem: string;
}

/** A request of ours has some 500 characters. */
const MAX_REQUEST = 8_192;

/** Make a key and ask for a certificate for it. @throws BranchlineError NAME_MALFORMED. */
export async function createBranchRequest(branch: string): Promise<BranchRequest> {
  const keys = await newKeyPair();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [requireBranchName(branch)] }],
    keys,
    signingAlgorithm: P256,
  });
  return { keyPem: keyPemOf(keys.privateKey), csrPem: request.toString('pem') };
}

/**
 * The public key of a request whose sender holds the private one (RFC 2986 § 3).
 * @throws BranchlineError JOIN_REQUEST_INVALID.
 */
export async function readBranchRequest(csrPem: string): Promise<PublicKey> {
  if (csrPem.length > MAX_REQUEST) throw invalid(`it exceeds ${MAX_REQUEST} characters`);
  const { request, strong, signed } = await inspect(csrPem);
  if (!strong) throw invalid('its key is not ECDSA on P-256');
  if (!signed) throw invalid('it is not signed by its own key');
  return request.publicKey;
}

async function inspect(
  csrPem: string,
): Promise<{ request: Pkcs10CertificateRequest; strong: boolean; signed: boolean }> {
  try {
    const request = new Pkcs10CertificateRequest(csrPem);
    const strong = isP256(request.publicKey);
    return { request, strong, signed: strong && (await request.verify()) };
  } catch (error) {
    throw invalid('it cannot be read', error);
  }
}

function isP256(publicKey: PublicKey): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

function invalid(why: string, cause?: unknown): BranchlineError {
  return new BranchlineError(
    'JOIN_REQUEST_INVALID',
    `the branch's certificate request is refused: ${why}; join again with this version of branchline`,
    { cause },
  );
}
