import nodePath from 'node:path';
import { BranchlineError } from '#libs/errors';
import { faultOf, isInternalName, type Paths } from '#libs/files';

/** A path as clients see it: the names from the root down, none of them `.` or `..`. */
export type VirtualPath = readonly string[];

export const printPath = (path: VirtualPath): string => `/${path.join('/')}`;

const maxDepth = 64;

/**
 * What a client's argument means in the folder it is in. `\` counts as `/` (Guide p. 17: `CWD data\FTPdata`).
 * @throws BranchlineError PATH_OUTSIDE_TREE when it climbs above the root or names a drive, NAME_MALFORMED.
 */
export function resolveVirtual(
  folder: VirtualPath,
  argument: string,
  paths: Paths = nodePath,
): VirtualPath {
  const forward = argument.replaceAll('\\', '/');
  if (/^\/*[a-z]:/i.test(forward)) throw outside(argument, 'it names a drive');
  const path: string[] = forward.startsWith('/') ? [] : [...folder];
  for (const part of forward.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      const fault = faultOf(part, paths);
      if (fault !== undefined) throw malformed(argument, fault);
      path.push(part);
    } else if (path.pop() === undefined) {
      throw outside(argument, 'it climbs out with ".."');
    }
  }
  if (path.some(isInternalName)) throw outside(argument, 'that is internal');
  if (path.length > maxDepth) throw malformed(argument, `it has more than ${maxDepth} parts`);
  return path;
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 200));

const outside = (name: string, why: string): BranchlineError =>
  new BranchlineError('PATH_OUTSIDE_TREE', `${quoted(name)} is refused: ${why}`);

const malformed = (name: string, why: string): BranchlineError =>
  new BranchlineError('NAME_MALFORMED', `${quoted(name)} is not a usable name: ${why}`);
