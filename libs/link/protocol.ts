import { BranchlineError } from '#libs/errors';
import { protocolVersion } from './shapes.ts';

/** Asked before the shape of a body, for the next protocol may have another one. @throws BranchlineError PROTOCOL_MISMATCH. */
export function requireProtocol(body: unknown): void {
  const spoken = typeof body === 'object' && body !== null && 'protocol' in body && body.protocol;
  if (typeof spoken !== 'number' || spoken === protocolVersion) return;
  throw new BranchlineError(
    'PROTOCOL_MISMATCH',
    `this hub speaks version ${protocolVersion} of the link, the branch ${spoken}: update the older of the two`,
  );
}
