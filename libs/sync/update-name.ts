import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { faultOf, isInternalName, type Paths } from '#libs/files';

/** Names that copying programs use for a file that is not there yet. */
const unfinished = /^[.~]|~$|\.(tmp|temp|part|partial|filepart|crdownload|swp)$/i;

/** True for a name that Updates may hold and that is no update. */
export const isPassedOver = (name: string): boolean =>
  isInternalName(name) || unfinished.test(name);

/**
 * A name that an update may have: of one part, as Updates is flat, and none that the folder passes over.
 * @throws BranchlineError NAME_MALFORMED.
 */
export function requireUpdateName(name: string, paths: Paths = path): string {
  const fault = faultIn(name, paths);
  if (fault === undefined) return name;
  const shown = JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
  throw new BranchlineError('NAME_MALFORMED', `${shown} cannot be the name of an update: ${fault}`);
}

function faultIn(name: string, paths: Paths): string | undefined {
  if (name === '') return 'it is empty';
  if (/[/\\]/.test(name)) return 'Updates has no folders; leave out the part before the last slash';
  if (isPassedOver(name)) return 'copying programs use such names for files that are not whole yet';
  return faultOf(name, paths);
}
