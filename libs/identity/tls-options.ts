import { constants, X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { BranchlineError } from '#libs/errors';
import { holderOf } from './names.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

interface HubKeys {
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What both of a hub's listeners share. */
interface ServerTls {
  readonly key: string;
  /** The leaf and then the authority: who joins takes the authority from the chain and checks it against the pin. */
  readonly cert: string;
  readonly minVersion: 'TLSv1.2';
  readonly secureOptions: number;
}

export interface HubTls extends ServerTls {
  readonly ca: string;
  readonly requestCert: true;
  readonly rejectUnauthorized: true;
}

/**
 * Options for `https.createServer` and `setSecureContext` at the hub listener: nobody gets in without a certificate of
 * this authority. Without session tickets a connection cannot be resumed with an identity of an earlier day: each one
 * shows its certificate. Branches keep theirs open, so this costs little.
 */
export function hubTlsOptions(keys: HubKeys): HubTls {
  return {
    ...joinTlsOptions(keys),
    ca: keys.authorityPem,
    requestCert: true,
    rejectUnauthorized: true,
  };
}

/** Options for the join listener: the same identity, towards somebody who has no certificate yet. */
export function joinTlsOptions({ authorityPem, certificatePem, keyPem }: HubKeys): ServerTls {
  return {
    key: keyPem,
    cert: `${certificatePem.trimEnd()}\n${authorityPem}`,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

export interface BranchTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2';
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/** Options for a branch's connections: the hub is known by its id in the certificate, under whatever name it is reached. */
export function branchTlsOptions(identity: HubKeys & { readonly hubId: string }): BranchTls {
  return {
    ca: identity.authorityPem,
    cert: identity.certificatePem,
    key: identity.keyPem,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (host, certificate) =>
      strangeHub(new X509Certificate(certificate.raw), identity.hubId, host),
  };
}

/** Options for a connection of which only the authority is known: the second one of a join. */
export function newcomerTlsOptions(hub: {
  readonly authorityPem: string;
  readonly hubId: string;
}): Omit<BranchTls, 'cert' | 'key'> {
  return {
    ca: hub.authorityPem,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (host, certificate) =>
      strangeHub(new X509Certificate(certificate.raw), hub.hubId, host),
  };
}

/** What is wrong with this certificate as that of hub `hubId`, its signature and dates apart; undefined when nothing is. */
export function strangeHub(
  certificate: X509Certificate,
  hubId: string,
  host: string,
): BranchlineError | undefined {
  // Node has it as `keyUsage`: what it holds is the extended key usage (RFC 5280 § 4.2.1.12).
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (holderOf(certificate).hubId === hubId && usages?.includes(SERVER_AUTH) === true) {
    return undefined;
  }
  return new BranchlineError(
    'CERTIFICATE_STRANGE',
    `the server at ${host} is not the hub that this branch joined (${hubId}): check the address, or join the new hub with an invitation`,
  );
}
