import type { RememberedPasswords } from '#libs/backups';
import { PublicationsTable } from '#libs/journal';
import {
  EarlierFiles,
  PasswordsFolder,
  PhoneFolder,
  PublishedFiles,
  treesFolders,
  UpdatesMirror,
  type MirroredFolder,
  type TreePublisher,
  type Updates,
} from '#libs/sync';
import type { PhoneStore } from './phone-stores.ts';
import type { Runtime } from './runtime.ts';
import { servesPhones, type ServerPlan } from './server-plan.ts';

export interface MirroredParts {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly updates: Updates;
  readonly publisher: TreePublisher;
  /** Where telephones save. */
  readonly stores: readonly PhoneStore[];
  /** Which telephones have shown; undefined where none are asked for. */
  readonly passwords: RememberedPasswords | undefined;
}

/** Everything that two servers of a pair hold alike, beside what came up from branches. */
export function mirroredFolders(parts: MirroredParts): MirroredFolder[] {
  const { plan, runtime, updates, publisher, stores, passwords } = parts;
  const { audit, journal } = runtime;
  const { trees } = plan.folders;
  const published = new PublishedFiles(new PublicationsTable(journal), trees);
  return [
    ...stores.map((store) => new PhoneFolder({ ...store, published })),
    ...(passwords === undefined ? [] : [new PasswordsFolder(passwords)]),
    ...(servesPhones(plan)
      ? treesFolders(
          { trees, publisher, published },
          stores.map(({ folder }) => folder),
        )
      : []),
    new UpdatesMirror({
      updates,
      earlier: new EarlierFiles(updates.folder),
      log: runtime.log.child({ service: 'mirror' }),
      onAct: async ({ act, by, name, size, sha256 }) => {
        await audit.commit([{ act, by, kind: 'update', name, size, sha256, result: 'done' }]);
      },
    }),
  ];
}
