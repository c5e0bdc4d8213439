import type { BranchRecord, Invitation } from '#libs/journal';

/** Life of an invitation at most, as the settings have it for InvitationHours. */
export const maxHours = 720;

/** A hub above this server. */
export interface OwnHub {
  readonly peer: 'primary' | 'secondary';
  /** host:port. */
  readonly address: string;
  /** The name that it knows this server by. */
  readonly branch: string;
  /** Unix milliseconds. */
  readonly certificateEndsAt: number;
}

/** An invitation that was just made. */
export interface MadeInvitation {
  readonly branch: string;
  readonly host: string;
  /** The line to copy; it holds a secret until it is used. */
  readonly joinString: string;
  readonly tokenHash: string;
  readonly expiresAt: number;
}

/** What became of an invitation. */
export interface InvitationState {
  readonly invitation: Invitation;
  /** Undefined before the branch has joined for the first time. */
  readonly branch: BranchRecord | undefined;
}

/** What the page needs of both ends of joining; apps/manager has it. `by` = who does it, for the history of the settings. */
export interface JoinDesk {
  /** Unix milliseconds. */
  now(): number;
  /** Undefined while the settings do not make this server a hub. `invitationMs` = usual life of an invitation. */
  hub(): Promise<{ readonly address: string; readonly invitationMs: number } | undefined>;
  /** @throws BranchlineError SETTINGS_INVALID. */
  makeHub(name: string | undefined, by: string): Promise<void>;
  /** @throws BranchlineError NAME_MALFORMED, USAGE. */
  invite(wish: {
    readonly name: string;
    readonly address?: string | undefined;
    readonly lifeMs?: number | undefined;
  }): Promise<MadeInvitation>;
  /** Those that are open. */
  invitations(): Promise<readonly Invitation[]>;
  invitation(tokenHash: string): Promise<InvitationState | undefined>;
  /** @throws BranchlineError JOIN_TOKEN_UNKNOWN, JOIN_TOKEN_USED. */
  withdraw(tokenHash: string): Promise<void>;
  /** The hubs that this server has joined. */
  ownHubs(): Promise<readonly OwnHub[]>;
  /** @throws as `joinHub`. */
  join(
    line: string,
    peer: OwnHub['peer'],
    by: string,
  ): Promise<{ readonly address: string; readonly branch: string }>;
}
