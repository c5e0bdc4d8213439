import path from 'node:path';
import {
  BackupStore,
  NamePatterns,
  phoneProof,
  RememberedPasswords,
  type AskKeys,
  type PasswordsPair,
  type BackupStoreOptions,
} from '#libs/backups';
import { TreeDelivery, type Delivery } from '#libs/delivery';
import type { UploadSpace } from '#libs/http';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { IdentifyPhone } from '#libs/phones';
import type { Restorer } from './restore-part.ts';
import { settledIn, type OnSaved, type PhoneStore } from './phone-stores.ts';
import type { ServerPlan, UploadPlan } from './server-plan.ts';

const mebibyte = 1024 * 1024;
/** What the names of backups by HTTP begin with at a hub. */
export const httpBackups = 'HTTPbackup';

/** Left of the disk, for the database before all. */
const reserveBytes = 64 * mebibyte;
/** Memory for small files that are fetched. */
const cacheBytes = 8 * mebibyte;

export interface UploadPartOptions {
  readonly identify: IdentifyPhone;
  readonly log: Logger;
  readonly clock: Clock;
  readonly restore: Restorer;
  readonly onSaved: OnSaved | undefined;
  /** Asks the other server of a pair with which keys it remembers passwords; undefined when there is none. */
  readonly askKeys: AskKeys | undefined;
}

/** What telephones may save by HTTP and HTTPS, the same store for both; the services come before the listeners. */
export function uploadPart(
  plan: ServerPlan,
  options: UploadPartOptions,
): {
  readonly spaces: readonly UploadSpace[];
  readonly stores: readonly PhoneStore[];
  readonly passwords: RememberedPasswords | undefined;
  readonly services: readonly Service[];
} {
  const { identify, log, clock, restore, onSaved } = options;
  if (plan.http === undefined && plan.https === undefined) {
    return { spaces: [], stores: [], passwords: undefined, services: [] };
  }
  const { backups, devices } = plan.uploads;
  const shared = { log: log.child({ service: 'uploads' }), clock };
  const spaces: UploadSpace[] = [];
  const stores: PhoneStore[] = [];
  let passwords: RememberedPasswords | undefined;
  if (backups !== undefined) {
    const known = new RememberedPasswords(backups.folder, passwordKeyFile(plan), pairOf(options));
    passwords = known;
    const area = 'phones-http';
    const space = common(backups, { ...shared, onSettled: settledIn(area, onSaved) });
    stores.push({ area, folder: backups.folder, store: space.store });
    spaces.push({
      ...space,
      kind: 'phone',
      freshen: restore({ prefix: httpBackups, folder: backups.folder, store: space.store }),
      proof: phoneProof(backups.proof, { identify, passwords: known, clock }),
    });
  }
  if (devices !== undefined) {
    const area = 'devices';
    const space = common(devices, { ...shared, onSettled: settledIn(area, onSaved) });
    stores.push({ area, folder: devices.folder, store: space.store });
    spaces.push({ ...space, kind: 'device', proof: undefined });
  }
  const services = spaces.map(({ kind, store }): Service => ({
    name: kind === 'phone' ? 'backups of telephones by HTTP' : 'files of other devices',
    start: () => store.prepare(),
    stop: () => Promise.resolve(),
  }));
  return { spaces, stores, passwords, services };
}

const pairOf = ({ askKeys, onSaved }: UploadPartOptions): PasswordsPair | undefined =>
  askKeys &&
  onSaved && { keys: askKeys, onSettled: async (change) => onSaved('passwords', change) };

/** Away from the backups: who gets hold of those cannot try out passwords. */
export const passwordKeyFile = ({ folders }: ServerPlan): string =>
  path.join(folders.state, 'backup-password-key');

/** The store of one kind of files. */
export const uploadStore = (
  { folder, maxBytes, maxFiles, maxTotalBytes, keepVersions }: UploadPlan,
  shared: Pick<BackupStoreOptions, 'log' | 'clock' | 'onSettled'>,
): BackupStore =>
  new BackupStore({
    ...{ ...shared, folder, maxBytes, maxFiles, maxTotalBytes, keepVersions, reserveBytes },
    keepBytes: keepVersions * maxBytes,
  });

function common(
  plan: UploadPlan,
  shared: { readonly log: Logger; readonly clock: Clock } & Pick<BackupStoreOptions, 'onSettled'>,
): { names: NamePatterns; store: BackupStore; reading: Delivery } {
  const { names, folder } = plan;
  const { log, clock } = shared;
  return {
    names: new NamePatterns(names),
    store: uploadStore(plan, shared),
    reading: new TreeDelivery({ log, clock, trees: { HTTP: folder, HTTPS: folder }, cacheBytes }),
  };
}
