import path from 'node:path';
import type { Tree } from './placement.ts';
import { INTERNAL_FOLDER } from '#libs/files';

/** Where each tree lies; the internal folder inside each is on the same disk, so that a rename is enough. */
export type TreeFolders = Readonly<Record<Tree, string>>;

const inside = (root: string, ...parts: string[]): string =>
  path.join(root, INTERNAL_FOLDER, ...parts);

/** Folder of the files of one publication that are written, verified and not yet visible. */
export const stagingFolder = (root: string, publication: number): string =>
  inside(root, 'staging', `${publication}`);

export const stagingRoot = (root: string): string => inside(root, 'staging');

/** Folder of the versions that one publication has replaced. */
export const previousFolder = (root: string, publication: number): string =>
  inside(root, 'previous', `${publication}`);

export const previousRoot = (root: string): string => inside(root, 'previous');

/** Each folder once, although two trees may share one. */
export const distinctRoots = (trees: TreeFolders): string[] => [
  ...new Set(Object.values(trees).map((root) => path.resolve(root))),
];
