/** The trees that an update may reach. */
export type Tree = 'TFTP' | 'FTP' | 'HTTP' | 'HTTPS';

/** One place that a file goes to. */
export interface Place {
  readonly tree: Tree;
  /** Inside the tree, with `/`. */
  readonly name: string;
  /** True when the archive itself names the tree: it wins over a general rule. */
  readonly named: boolean;
}

const treeFolders: readonly (readonly [RegExp, Tree])[] = [
  [/^tftp(data)?$/i, 'TFTP'],
  [/^ftp(data)?$/i, 'FTP'],
  [/^http(data)?$/i, 'HTTP'],
  [/^https(data)?$/i, 'HTTPS'],
];

const accessList = /^(tftp|ftp|http|https)_allow_ip\.txt$/i;

/**
 * Which trees a file of an update goes to (Guide p. 38 "Updating Firmware", p. 41 "IP Access Control Lists"):
 * a folder named like a tree decides; then an access list by its prefix; 46xx files go to TFTP, HTTP and HTTPS,
 * all others to HTTP and HTTPS. A generic allow_IP.txt goes everywhere.
 */
export class Placement {
  readonly #patterns46xx: readonly RegExp[];

  /** `patterns46xx`: file names with `*` and `?`, of the files that 4600 telephones fetch by TFTP; case does not matter. */
  constructor(patterns46xx: readonly string[]) {
    this.#patterns46xx = patterns46xx.map(asRegExp);
  }

  placesOf(name: string): Place[] {
    const [first = '', ...rest] = name.split('/');
    const folder = treeFolders.find(([pattern]) => pattern.test(first))?.[1];
    if (folder !== undefined && rest.length > 0) {
      return [{ tree: folder, name: rest.join('/'), named: true }];
    }
    return this.#treesOf(name).map((tree) => ({ tree, name, named: false }));
  }

  #treesOf(name: string): Tree[] {
    const prefix = accessList.exec(name)?.[1]?.toUpperCase();
    if (prefix === 'TFTP' || prefix === 'FTP' || prefix === 'HTTP' || prefix === 'HTTPS')
      return [prefix];
    if (name.toLowerCase() === 'allow_ip.txt') return ['TFTP', 'FTP', 'HTTP', 'HTTPS'];
    const base = name.slice(name.lastIndexOf('/') + 1);
    return this.#patterns46xx.some((pattern) => pattern.test(base))
      ? ['TFTP', 'HTTP', 'HTTPS']
      : ['HTTP', 'HTTPS'];
  }
}

function asRegExp(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}

/**
 * In which order files appear: payload first, then settings, and the upgrade files last: a telephone that
 * reads a new upgrade file finds all that it names.
 */
export function publishingRank(name: string): 0 | 1 | 2 {
  if (/upgrade[^/]*\.(scr|txt)$/i.test(name)) return 2;
  if (/settings[^/]*\.(scr|txt)$/i.test(name)) return 1;
  return 0;
}
