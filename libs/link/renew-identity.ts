import { createBranchRequest, type BranchIdentity } from '#libs/identity';
import type { HubClient } from './hub-client.ts';
import { requireIssuedForUs } from './issued-for-us.ts';

/**
 * The same branch with a new key and a certificate for it. The caller saves it, and then lets the client use it.
 * @throws BranchlineError as `HubClient.renew` does.
 */
export async function renewIdentity(
  client: Pick<HubClient, 'renew' | 'address'>,
  identity: BranchIdentity,
  signal?: AbortSignal,
): Promise<BranchIdentity> {
  const { keyPem, csrPem } = await createBranchRequest(identity.branch);
  const answer = await client.renew(csrPem, signal);
  const next = { keyPem, certificatePem: answer.certificate, authorityPem: answer.authority };
  requireIssuedForUs(next, answer.authority, client.address);
  return { ...identity, ...next };
}
