import { PhoneFolder, type MirroredFolder } from '#libs/sync';
import type { PhoneStore } from './phone-stores.ts';

export interface MirroredParts {
  /** Where telephones save. */
  readonly stores: readonly PhoneStore[];
}

/** Everything that two servers of a pair hold alike, beside what came up from branches. */
export function mirroredFolders({ stores }: MirroredParts): MirroredFolder[] {
  return stores.map((store) => new PhoneFolder(store));
}
