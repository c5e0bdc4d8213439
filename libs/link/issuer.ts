import type { IssuedBranchCertificate } from '#libs/identity';

/** The hub's authority, as far as the link needs it. @throws BranchlineError JOIN_REQUEST_INVALID for a request that proves no key. */
export type IssueCertificate = (csrPem: string, branch: string) => Promise<IssuedBranchCertificate>;
