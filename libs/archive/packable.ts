import { asBranchlineError, type BranchlineError } from '#libs/errors';
import { defaultLimits } from './archive-limits.ts';
import { foldedName, memberName } from './member-names.ts';
import { refusal } from './refusal.ts';

/** Which of these names an archive may have together, and why the others not. */
export function packable(
  archive: string,
  names: readonly string[],
): { readonly fit: readonly string[]; readonly unfit: ReadonlyMap<string, BranchlineError> } {
  const fit = new Map<string, string>();
  const unfit = new Map<string, BranchlineError>();
  for (const name of names) {
    try {
      const member = memberName(archive, name, defaultLimits);
      if (member.name !== name) {
        throw refusal('ARCHIVE_NAME_UNSAFE', archive, name, 'its name has a backslash');
      }
      const other = fit.get(foldedName(name));
      if (other !== undefined) {
        const why = `it is the same file as ${JSON.stringify(other)} on other disks`;
        throw refusal('ARCHIVE_NAME_CLASH', archive, name, why);
      }
      fit.set(foldedName(name), name);
    } catch (error) {
      unfit.set(name, asBranchlineError(error));
    }
  }
  return { fit: [...fit.values()], unfit };
}
