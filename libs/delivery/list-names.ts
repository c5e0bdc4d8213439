import type { TreeName } from './served-file.ts';

/** The access list for every tree that has none of its own (Guide p. 41). */
export const genericList = 'allow_IP.txt';

/** The access list of one server (Guide p. 41). */
export const listOf = (tree: TreeName): string => `${tree}_${genericList}`;

const all = new Set(
  [genericList, ...(['TFTP', 'FTP', 'HTTP', 'HTTPS'] as const).map(listOf)].map((name) =>
    name.toLowerCase(),
  ),
);

/**
 * True for the name of an access list, whatever its case and the folder in front of it: no telephone may read or write
 * one. `/` between the parts.
 */
export const isAccessListName = (name: string): boolean =>
  all.has(name.slice(name.lastIndexOf('/') + 1).toLowerCase());
