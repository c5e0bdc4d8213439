import type { X509Certificate } from 'node:crypto';
import { BranchlineError } from '#libs/errors';

const HUB = 'urn:branchline:hub:';
const BRANCH = 'urn:branchline:branch:';

export const hubUrn = (hubId: string): string => `${HUB}${hubId}`;
export const branchUrn = (branch: string): string => `${BRANCH}${branch}`;

const BRANCH_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const HUB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isBranchName = (name: string): boolean => BRANCH_NAME.test(name);
export const isHubId = (id: string): boolean => HUB_ID.test(id);

/** @throws BranchlineError NAME_MALFORMED. */
export function requireBranchName(name: string): string {
  if (isBranchName(name)) return name;
  throw new BranchlineError(
    'NAME_MALFORMED',
    `${JSON.stringify(name.slice(0, 80))} cannot be the name of a branch: up to 63 letters, digits, dots, dashes and underscores, a letter or digit first`,
  );
}

/** Whose certificate it is, from its URI names (RFC 5280 § 4.2.1.6); both undefined when it is none of ours. */
export function holderOf(certificate: X509Certificate): {
  readonly hubId: string | undefined;
  readonly branch: string | undefined;
} {
  // Node puts a name with anything odd in it in quotes, so a plain split cannot be led astray.
  const uris = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length));
  const after = (prefix: string, valid: (name: string) => boolean): string | undefined => {
    const found = uris
      .filter((uri) => uri.startsWith(prefix))
      .map((uri) => uri.slice(prefix.length));
    const [only] = found;
    return found.length === 1 && only !== undefined && valid(only) ? only : undefined;
  };
  return { hubId: after(HUB, isHubId), branch: after(BRANCH, isBranchName) };
}
