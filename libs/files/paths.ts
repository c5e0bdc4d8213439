import path from 'node:path';

/**
 * How paths are written on one kind of system: `path.posix` or `path.win32`. What makes, splits or judges a path takes it as
 * its last parameter, this machine's when nobody says, and is tested with both on either system.
 */
export type Paths = path.PlatformPath;

export const pathsOf = (platform: NodeJS.Platform): Paths =>
  platform === 'win32' ? path.win32 : path.posix;

export const isWindows = (paths: Paths): boolean => paths.sep === '\\';

/**
 * True for a place below `folder`, not for the folder itself. Both absolute and, where links may lead away, as `realpath`
 * gives them. Purely lexical; letter case tells no two folders apart on Windows.
 */
export function isBelow(place: string, folder: string, paths: Paths = path): boolean {
  const way = paths.relative(folder, place);
  return way !== '' && way !== '..' && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way);
}
