import { BranchlineError, systemCode } from '#libs/errors';

/** Why a port of the hub cannot be bound, and what to do. */
export function listenFailed(
  key: 'HubPort' | 'JoinPort',
  address: string,
  port: number,
  error: unknown,
): BranchlineError {
  const code = systemCode(error) ?? 'unknown reason';
  return new BranchlineError(
    'LISTEN_FAILED',
    `${key} ${port} on ${address} cannot be opened (${code}): another program has it, or this user may not; change ${key} in [HUB]`,
    { cause: error },
  );
}
