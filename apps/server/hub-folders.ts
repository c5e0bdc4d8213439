import path from 'node:path';
import { ContentStore } from '#libs/files';
import { Authority } from '#libs/identity';
import type { Clock } from '#libs/lifecycle';
import { ReleaseKeys, ReleaseRepository } from '#libs/release';
import type { ServerPlan } from './server-plan.ts';

/** What a hub keeps on disk; made on first use, by the server or by `hub init`. */
export interface HubFolders {
  readonly authority: Authority;
  readonly release: ReleaseRepository;
  /** The server prepares it: a command beside it would sweep away what the server is copying in. */
  readonly store: ContentStore;
}

export async function openHubFolders(
  folders: ServerPlan['folders'],
  clock: Clock,
): Promise<HubFolders> {
  const authority = await Authority.open(path.join(folders.certificates, 'authority'), { clock });
  const keys = await ReleaseKeys.open(path.join(folders.state, 'keys'));
  const release = await ReleaseRepository.open(path.join(folders.state, 'release'), keys, {
    clock,
  });
  return { authority, release, store: new ContentStore(path.join(folders.state, 'store')) };
}
