import { BranchlineError, systemCode } from '#libs/errors';
import { systemClock, withRetry, type Backoff } from '#libs/lifecycle';
import { joinHub, type JoinedHub } from '#libs/link';
import { TrustedRelease } from '#libs/release';
import type { SettingsAct } from '#libs/settings';
import type { PeerName } from '#libs/sync';
import { settingsFile, startingSettings } from '../cli/settings-file.ts';
import { version } from '../cli/version.ts';
import { identityFolder, trustedFolder } from '../server/branch-part.ts';
import { loadPlan, proxyOf } from '../server/compose.ts';

const keys: Readonly<Record<PeerName, { use: string; address: string }>> = {
  primary: { use: 'BACKUP_SERVERS/UsePrimarySvr', address: 'BACKUP_SERVERS/PrimaryIP' },
  secondary: { use: 'BACKUP_SERVERS/UseSecondarySvr', address: 'BACKUP_SERVERS/SecondaryIP' },
};

/** A hub opens its join port within half a second of the invitation: who is faster waits for it. */
const portOpening: Backoff = { tries: 5, firstMs: 150, maxMs: 1_000 };

/** Nobody has listened yet, so that the invitation cannot have been used. */
const isRefusedAtThePort = (error: unknown): boolean =>
  error instanceof BranchlineError && systemCode(error.cause) === 'ECONNREFUSED';

/** Use up an invitation: what it brought is the caller's to keep. @throws as `joinHub`. */
export async function useInvitation(text: string, config: string): Promise<JoinedHub> {
  const proxy = await proxyOf(config);
  return await withRetry(portOpening, isRefusedAtThePort, () => joinHub(text, { version, proxy }));
}

/** Make this server a branch of the hub that made the line; it is one from its next start. @throws as `joinHub`. */
export async function joinAsBranch(
  text: string,
  config: string,
  peer: PeerName,
  act: SettingsAct,
): Promise<JoinedHub['identity']> {
  await startingSettings(config);
  const plan = await loadPlan(config);
  const { identity, root } = await useInvitation(text, config);
  // The invitation is used up: first of all keep what it brought.
  await identityFolder(plan.folders, peer).save(identity);
  const trusted = await TrustedRelease.open(trustedFolder(plan.folders, peer), {
    clock: systemClock,
  });
  await trusted.trust(root);
  await settingsFile(config).change(
    {
      'BACKUP_SERVERS/RequestUpdates': '1',
      [keys[peer].use]: '1',
      [keys[peer].address]: `${identity.host}:${identity.hubPort}`,
    },
    act,
  );
  return identity;
}
