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
export { branchUrn, holderOf, hubUrn, requireBranchName } from './names.ts';
export {
  openPhoneCertificate,
  type PhoneCertificate,
  type PhoneCertificateOptions,
} from './phone-certificate.ts';
export { fetchPinnedAuthority, type PinnedOptions } from './pinned-authority.ts';
export { renewalTime } from './renewal-time.ts';
export {
  branchTlsOptions,
  hubTlsOptions,
  joinTlsOptions,
  newcomerTlsOptions,
  type BranchTls,
  type HubTls,
} from './tls-options.ts';
export { dayMs, hourMs } from './validity.ts';
