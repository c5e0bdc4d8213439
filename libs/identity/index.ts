export { Authority, type HubCertificate, type IssuedBranchCertificate } from './authority.ts';
export { createBranchRequest, type BranchRequest } from './branch-request.ts';
export { describeCertificate, type CertificateDescription } from './describe-certificate.ts';
export { explainTlsFailure, type TlsSide } from './explain-tls-failure.ts';
export { IdentityFolder, type BranchIdentity, type BranchLink } from './identity-folder.ts';
export {
  createToken,
  decodeJoinString,
  encodeJoinString,
  hashToken,
  type JoinString,
} from './join-string.ts';
export { hashPassword, isHashedPassword, verifyPassword } from './password-hash.ts';
export { branchUrn, holderOf, hubUrn, requireBranchName } from './names.ts';
export type { KeyKind } from './key-pair.ts';
export {
  openPhoneCertificate,
  type PhoneCertificate,
  type PhoneCertificateOptions,
  type PhonePair,
  type PhonePairFiles,
} from './phone-certificate.ts';
export {
  PhoneCertificates,
  type PhoneCertificatesOptions,
  type PhoneKeys,
} from './phone-certificates.ts';
export { secureOptions, type PhoneTls, type TlsPair } from './phone-tls.ts';
export { FailedTries } from './failed-tries.ts';
export { fetchPinnedAuthority, type PinnedOptions } from './pinned-authority.ts';
export { renewalTime } from './renewal-time.ts';
export { TicketKeys, type TicketKeysOptions } from './ticket-keys.ts';
export {
  branchTlsOptions,
  hubTlsOptions,
  joinTlsOptions,
  newcomerTlsOptions,
  type BranchTls,
  type HubTls,
} from './tls-options.ts';
export { dayMs, hourMs } from './validity.ts';
