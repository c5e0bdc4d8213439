import path from 'node:path';
import {
  ifThere,
  INTERNAL_FOLDER,
  listTree,
  removeQuietly,
  resolveInside,
  type ListedFile,
} from '#libs/files';
import type { MirrorArea, MirrorFile } from '#libs/journal';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
import type { Tree } from './placement.ts';
import type { PublishedFiles } from './published-files.ts';
import type { TreeFolders } from './tree-folders.ts';
import type { TreePublisher } from './tree-publisher.ts';

export interface TreesFolderOptions {
  readonly trees: TreeFolders;
  readonly publisher: TreePublisher;
  readonly published: PublishedFiles;
}

const areas: readonly (readonly [Extract<MirrorArea, 'tftp' | 'http' | 'https'>, Tree])[] = [
  ['tftp', 'TFTP'],
  ['http', 'HTTP'],
  ['https', 'HTTPS'],
];

/**
 * The trees of telephones that are areas; two that share a folder are one, the first. `taken`: folders that are areas
 * already, such as FTPdata.
 */
export function treesFolders(
  options: TreesFolderOptions,
  taken: readonly string[] = [],
): TreesFolder[] {
  const seen = new Set(taken.map((folder) => path.resolve(folder)));
  return areas.flatMap(([area, tree]) => {
    const root = path.resolve(options.trees[tree]);
    if (seen.has(root)) return [];
    seen.add(root);
    return [new TreesFolder(area, tree, options)];
  });
}

/**
 * What administrators have put into a tree by hand. It changes as one set, by the publisher of updates: payload first, what is
 * replaced is kept, and a crash leaves the old set or the new one.
 */
export class TreesFolder implements MirroredFolder {
  readonly area: MirrorArea;
  readonly root: string;
  readonly incoming: string;
  readonly fileMode = 0o666;
  readonly tells = false;
  readonly together = true;
  readonly #tree: Tree;
  readonly #options: TreesFolderOptions;

  constructor(area: MirrorArea, tree: Tree, options: TreesFolderOptions) {
    this.area = area;
    this.#tree = tree;
    this.root = path.resolve(options.trees[tree]);
    this.#options = options;
    this.incoming = path.join(this.root, INTERNAL_FOLDER, 'mirror');
  }

  async list(): Promise<ListedFile[]> {
    await this.#options.published.refresh();
    return (await ifThere(listTree(this.root))) ?? [];
  }

  pathOf(name: string): string {
    return resolveInside(this.root, name);
  }

  /** As of the last `list`. */
  isMirrored(file: MirrorFile): boolean {
    return !this.#options.published.has(this.root, file);
  }

  async take(files: readonly FetchedFile[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    try {
      return await this.#options.publisher.publishFiles(this.#tree, files, signal);
    } finally {
      await removeQuietly(files.map((file) => file.path));
    }
  }

  async keepVersion(file: FetchedFile): Promise<void> {
    try {
      await this.#options.publisher.keepFile(this.#tree, file);
    } finally {
      await removeQuietly([file.path]);
    }
  }

  async remove(name: string, sha256: string): Promise<boolean> {
    return await this.#options.publisher.removeFile(this.#tree, name, sha256);
  }
}
