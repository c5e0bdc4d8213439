import { phoneFamilies } from '#libs/phones';

const upgradeFiles = new Set(phoneFamilies.flatMap((family) => family.upgradeFiles));
const settingsFiles = new Set(phoneFamilies.flatMap((family) => family.settingsFiles));

/**
 * The file in the tree's folder that a refused telephone gets in place of `name` (Guide p. 42 "Overriding Downloads"):
 * any family's upgrade or settings file has one, whatever its case and the folder in front of it; others have none.
 * `/` between the parts.
 */
export function substituteFor(name: string): 'fxd_upgrade.scr' | 'fxd_settings.txt' | undefined {
  const wanted = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  if (upgradeFiles.has(wanted)) return 'fxd_upgrade.scr';
  return settingsFiles.has(wanted) ? 'fxd_settings.txt' : undefined;
}
