import { BranchlineError } from '#libs/errors';
import {
  createToken,
  decodeJoinString,
  encodeJoinString,
  requireBranchName,
  type JoinString,
} from '#libs/identity';
import { systemClock } from '#libs/lifecycle';
import { withHubState } from './hub-state.ts';
import type { OpenHub } from './make-hub.ts';

export interface InviteOptions {
  /** Of the branch. */
  readonly name: string;
  /** Of this hub as that branch sees it; nothing = HubName. */
  readonly address?: string | undefined;
  /** Milliseconds; nothing = InvitationHours. */
  readonly lifeMs?: number | undefined;
}

/** An invitation that was just made: the only moment at which its line is known. */
export interface NewInvitation {
  readonly branch: string;
  readonly host: string;
  /** Holds a secret until it is used. */
  readonly joinString: string;
  readonly tokenHash: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A line that no branch could read must not leave this hub. */
function usable(parts: JoinString): string {
  const line = encodeJoinString(parts);
  try {
    decodeJoinString(line);
  } catch (cause) {
    throw new BranchlineError(
      'USAGE',
      `${JSON.stringify(parts.host.slice(0, 80))} cannot be the address of a hub: give a host name or an IP address, without a port`,
      { cause },
    );
  }
  return line;
}

/** Make the one line with which a branch joins this hub, good once. @throws BranchlineError NAME_MALFORMED, USAGE. */
export async function invite(
  { plan, hub, folders }: OpenHub,
  { name, address, lifeMs }: InviteOptions,
): Promise<NewInvitation> {
  const branch = requireBranchName(name);
  const now = systemClock.now();
  const expiresAt = now + (lifeMs ?? hub.invitationMs);
  const { token, tokenHash } = createToken();
  const { hubId, pin } = folders.authority;
  const host = address ?? hub.address;
  const { joinPort, hubPort } = hub;
  const joinString = usable({ host, joinPort, hubPort, branch, token, pin, hubId });
  await withHubState(plan, async (state) => {
    await state.addInvitation({ tokenHash, branch, createdAt: now, expiresAt });
  });
  return { branch, host, joinString, tokenHash, expiresAt };
}
