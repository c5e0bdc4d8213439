import { copyFile, link, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError, systemCode } from '#libs/errors';
import { asDiskError, fsyncFolder, isBelow, makeFolder, renameFile } from '#libs/files';

/** One staged file and where it will appear. */
export interface Switch {
  readonly root: string;
  readonly staged: string;
  readonly target: string;
  /** Where the version that it replaces is kept. */
  readonly previous: string;
}

/**
 * Make staged files visible, one rename each, in the given order; what they replace is kept.
 * Can be repeated after a crash: a file that has been switched already is passed over.
 * @throws BranchlineError WRITE_FAILED, DISK_FULL or PATH_OUTSIDE_TREE.
 */
export async function switchFiles(
  switches: readonly Switch[],
  onSwitched: (count: number) => void = () => undefined,
): Promise<void> {
  const changed = new Set<string>();
  for (const [count, { root, staged, target, previous }] of switches.entries()) {
    const parent = path.dirname(target);
    await makeFolder(parent);
    await stayInside(root, parent);
    await keep(target, previous, staged);
    try {
      await renameFile(staged, target);
    } catch (error) {
      // Switched before the crash: the staged name is gone and the target is in place.
      if (systemCode(error) !== 'ENOENT') throw asDiskError(error, target);
      await stat(target);
    }
    changed.add(parent);
    changed.add(path.dirname(previous));
    onSwitched(count + 1);
  }
  for (const folder of changed) {
    if (await exists(folder)) await fsyncFolder(folder);
  }
}

/** Keep the old version under a second name: the target itself is never missing. */
async function keep(target: string, previous: string, staged: string): Promise<void> {
  if (!(await exists(staged))) return;
  const old = await statOf(target);
  if (old === undefined) return;
  if (old.isDirectory()) {
    throw new BranchlineError(
      'WRITE_FAILED',
      `${target} is a folder where an update has a file; move it away`,
    );
  }
  await mkdir(path.dirname(previous), { recursive: true });
  try {
    await link(target, previous);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    // Some file systems know no second names.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP')
      throw asDiskError(error, previous);
    await copyFile(target, previous);
  }
}

/**
 * Find before the first rename what would fail in the middle of them.
 * @throws BranchlineError WRITE_FAILED when a folder or a file stands in the way; PATH_OUTSIDE_TREE.
 */
export async function checkSwitch(root: string, target: string): Promise<void> {
  if ((await statOf(target))?.isDirectory() === true) throw folderInTheWay(target);
  for (let parent = path.dirname(target); ; parent = path.dirname(parent)) {
    const found = await statOf(parent);
    if (found === undefined) continue;
    if (!found.isDirectory()) {
      throw new BranchlineError(
        'WRITE_FAILED',
        `${parent} is a file where an update has a folder; move it away`,
      );
    }
    await stayInside(root, parent);
    return;
  }
}

/** A symbolic link in the tree must not lead our writing elsewhere. */
async function stayInside(root: string, parent: string): Promise<void> {
  const real = await realpath(parent);
  const realRoot = await realpath(root);
  if (real === realRoot || isBelow(real, realRoot)) return;
  throw new BranchlineError(
    'PATH_OUTSIDE_TREE',
    `${parent} leads out of the tree ${root} by a symbolic link; nothing is written there`,
  );
}

async function statOf(file: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return (await statOf(file)) !== undefined;
}

const folderInTheWay = (target: string): BranchlineError =>
  new BranchlineError(
    'WRITE_FAILED',
    `${target} is a folder where an update has a file; move it away`,
  );
