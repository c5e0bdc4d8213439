import { RestoreOnDemand, type RestoreOptions } from '#libs/sync';
import type { JoinedHub } from './branch-part.ts';
import type { Runtime } from './runtime.ts';

/** See that the newest copy of a backup is here before it is served; never rejects. */
export type Freshen = (name: string) => Promise<unknown>;

/** Where backups of one kind lie here, and what their names at a hub begin with. */
export type RestorePlace = Pick<RestoreOptions, 'prefix' | 'folder' | 'store'>;

/** Makes a `Freshen` for a place; undefined where no hub holds backups of this server. */
export type Restorer = (place: RestorePlace) => Freshen | undefined;

export function restorer(hubs: readonly JoinedHub[], { clock, log, audit }: Runtime): Restorer {
  const sources = hubs.map(({ upstream: { peer, address, breaker }, client }) => ({
    ...{ peer, address, breaker },
    restores: client.restores,
  }));
  return (place) => {
    if (sources.length === 0) return undefined;
    const restore = new RestoreOnDemand({
      ...place,
      hubs: sources,
      clock,
      log: log.child({ service: 'restore' }),
      audit,
    });
    return (name) => restore.freshen(name);
  };
}
