import type { Clock } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { accessListLimits } from './access-list.ts';
import type { FreshStat } from './fresh-stat.ts';
import type { TreeName } from './served-file.ts';
import { TreeAccess, type AccessRule } from './tree-access.ts';
import { VersionStore } from './version-store.ts';

/** What holds for one address in one tree, and by which rule. */
export interface Access {
  readonly admitted: boolean;
  readonly rule: AccessRule;
}

export interface AccessGateOptions {
  readonly trees: Partial<Record<TreeName, string>>;
  readonly stat: FreshStat;
  readonly clock: Clock;
  readonly log: Logger;
}

const open: Access = { admitted: true, rule: { kind: 'open' } };

/** Which telephones may have anything at all out of each tree (Guide p. 41 "IP Access Control Lists"). */
export class AccessGate {
  readonly #trees: ReadonlyMap<TreeName, TreeAccess>;

  constructor({ trees, stat, clock, log }: AccessGateOptions) {
    // Lists have a memory of their own: no number of other files may push them out of it.
    const versions = new VersionStore({
      stat,
      clock,
      cacheBytes: 8 * accessListLimits.bytes,
      cacheFileBytes: accessListLimits.bytes,
      pieceCacheBytes: 0,
    });
    this.#trees = new Map(
      treeNames.flatMap((tree) => {
        const root = trees[tree];
        if (root === undefined) return [];
        return [[tree, new TreeAccess({ tree, root, stat, versions, clock, log })]];
      }),
    );
  }

  /** `address` as text. */
  async judge(tree: TreeName, address: string): Promise<Access> {
    const access = this.#trees.get(tree);
    if (access === undefined) return open;
    const rule = access.known() ?? (await access.look());
    return { admitted: admits(rule, address), rule };
  }

  /** As far as it can be told without a look at the disk: true for who is let in. */
  knowsAdmitted(tree: TreeName, address: string): boolean {
    const access = this.#trees.get(tree);
    if (access === undefined) return true;
    const rule = access.known();
    return rule !== undefined && admits(rule, address);
  }

  /** The rule of each tree. */
  async rules(): Promise<readonly { readonly tree: TreeName; readonly rule: AccessRule }[]> {
    return await Promise.all(
      [...this.#trees].map(async ([tree, access]) => ({
        tree,
        rule: access.known() ?? (await access.look()),
      })),
    );
  }
}

const treeNames: readonly TreeName[] = ['TFTP', 'FTP', 'HTTP', 'HTTPS'];

function admits(rule: AccessRule, address: string): boolean {
  switch (rule.kind) {
    case 'open':
      return true;
    case 'closed':
      return false;
    case 'list':
      return rule.list.admits(address);
  }
}
