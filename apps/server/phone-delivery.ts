import { TreeDelivery } from '#libs/delivery';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { ServerPlan } from './server-plan.ts';

/** Memory for small files: the settings and upgrade files of every family many times over. */
const cacheBytes = 64 * 1024 * 1024;
/** Memory for what telephones download of large files: a firmware that a whole branch asks for is read once. */
const pieceCacheBytes = 32 * 1024 * 1024;

/** What decides about every request of a telephone, for all its servers and for those who ask what it would get. */
export const phoneDelivery = (
  { folders }: ServerPlan,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): TreeDelivery =>
  new TreeDelivery({ trees: folders.trees, cacheBytes, pieceCacheBytes, log, clock });

/** Reads the access lists before the first telephone asks, so that their faults stand in the log. */
export const accessLook = (delivery: TreeDelivery): Service => ({
  name: 'access lists',
  start: async () => {
    await delivery.rules();
  },
  stop: () => Promise.resolve(),
});
