import { BranchlineError } from '#libs/errors';
import type { BranchRecord } from '#libs/journal';

export function strange(): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_STRANGE',
    'this hub has not issued that certificate, or the branch has joined again since; invite the branch and join',
  );
}

export function expired(notAfter: number): BranchlineError {
  return new BranchlineError(
    'CERTIFICATE_EXPIRED',
    `the certificate expired on ${new Date(notAfter).toISOString()}; invite the branch again and join`,
  );
}

export function revoked({ name, revokedAt }: BranchRecord): BranchlineError {
  const when = revokedAt === undefined ? '' : ` on ${new Date(revokedAt).toISOString()}`;
  return new BranchlineError(
    'CERTIFICATE_REVOKED',
    `branch ${name} was revoked${when}; \`branchline hub invite ${name}\` at the hub lets it join again`,
  );
}
