import { describeCertificate } from '#libs/identity';
import { systemClock } from '#libs/lifecycle';
import type { JoinDesk, OwnHub } from '#libs/manager';
import type { PeerName } from '#libs/sync';
import { withHubState } from '../joining/hub-state.ts';
import { invite } from '../joining/invite.ts';
import { joinAsBranch } from '../joining/join-branch.ts';
import { makeHub, openHub } from '../joining/make-hub.ts';
import { identityFolder } from '../server/branch-part.ts';
import { loadPlan } from '../server/compose.ts';

const peers: readonly PeerName[] = ['primary', 'secondary'];

/** Both ends of joining, on this machine. */
export function joinDesk(config: string): JoinDesk {
  const ownHub = async (peer: PeerName): Promise<OwnHub | undefined> => {
    const { folders } = await loadPlan(config);
    const identity = await identityFolder(folders, peer).load();
    if (identity === undefined) return undefined;
    return {
      peer,
      address: `${identity.host}:${identity.hubPort}`,
      branch: identity.branch,
      certificateEndsAt: describeCertificate(identity.certificatePem).notAfterMs,
    };
  };
  return {
    now: () => systemClock.now(),
    hub: async () => {
      const { hub } = await loadPlan(config);
      return hub && { address: hub.address, invitationMs: hub.invitationMs };
    },
    makeHub: async (name, by) => {
      await makeHub(config, name, { by, why: 'join page' });
    },
    invite: async (wish) => await invite(await openHub(config), wish),
    invitations: async () =>
      await withHubState(await loadPlan(config), (state) =>
        state.openInvitations(systemClock.now()),
      ),
    invitation: async (tokenHash) =>
      await withHubState(await loadPlan(config), async (state) => {
        const invitation = await state.findInvitation(tokenHash);
        return invitation && { invitation, branch: await state.branch(invitation.branch) };
      }),
    withdraw: async (tokenHash) => {
      await withHubState(await loadPlan(config), (state) => state.withdraw(tokenHash));
    },
    ownHubs: async () => (await Promise.all(peers.map(ownHub))).filter((hub) => hub !== undefined),
    join: async (line, peer, by) => {
      const identity = await joinAsBranch(line, config, peer, { by, why: 'join page' });
      return { address: `${identity.host}:${identity.hubPort}`, branch: identity.branch };
    },
  };
}
