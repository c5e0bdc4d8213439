import path from 'node:path';

/** The kinds of system that a path may be of; a suite over both runs on either. */
export const bothKinds = [
  { kind: 'Linux', platform: 'linux', paths: path.posix, root: '/srv/tree' },
  { kind: 'Windows', platform: 'win32', paths: path.win32, root: 'D:\\srv\\tree' },
] as const;
