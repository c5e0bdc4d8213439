import { phoneFamilies } from '#libs/phones';
import type { TreeName } from './served-file.ts';

const upgradeFiles = new Set(phoneFamilies.flatMap((family) => family.upgradeFiles));
const settingsFiles = new Set(phoneFamilies.flatMap((family) => family.settingsFiles));

/**
 * The file in the tree's folder that a refused telephone gets in place of `name` (Guide p. 42 "Overriding Downloads"):
 * any family's upgrade or settings file has one, whatever its case and the folder in front of it; others have none. FTP has none either: who is
 * not in its list does not get past the log-in. `/` between the parts.
 */
export function substituteFor(
  tree: TreeName,
  name: string,
): 'fxd_upgrade.scr' | 'fxd_settings.txt' | undefined {
  if (tree === 'FTP') return undefined;
  const wanted = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  if (upgradeFiles.has(wanted)) return 'fxd_upgrade.scr';
  return settingsFiles.has(wanted) ? 'fxd_settings.txt' : undefined;
}
