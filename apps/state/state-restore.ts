import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { extract } from 'tar';
import {
  asDiskError,
  copyInto,
  faultOf,
  fsyncFolder,
  giveTo,
  hashFile,
  ifThere,
  listTree,
  makeFolder,
  ownerOf,
  partialBeside,
  renameDurably,
  renameFile,
  writeDurably,
  type Owner,
} from '#libs/files';
import { SingleInstance } from '#libs/lifecycle';
import { loadPlan } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { broken, manifestName, maxFiles, parts, readManifest } from './state-manifest.ts';
import type { StateManifest } from './state-manifest.ts';

export interface StateRestoreOptions {
  readonly archive: string;
  /** Becomes the settings of the archive. */
  readonly config: string;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface StateRestored {
  readonly manifest: StateManifest;
  /** What was there before lies beside it, under these names. */
  readonly setAside: readonly string[];
}

/** Unpacked; a state of gigabytes is none. */
const maxBytes = 8 * 1024 * 1024 * 1024;

/**
 * Put a server's own state back from an archive, checked whole before anything is touched; what was there is set aside,
 * not removed. The server must not run.
 * @throws BranchlineError STATE_ARCHIVE_BROKEN, ALREADY_RUNNING, DISK_FULL, WRITE_FAILED.
 */
export async function restoreState(options: StateRestoreOptions): Promise<StateRestored> {
  const { archive, config, now } = options;
  const home = path.dirname(path.resolve(config));
  await makeFolder(home);
  const staging = await mkdtemp(path.join(home, '.branchline-restore-'));
  try {
    const manifest = await unpack(archive, staging);
    const text = await readFile(path.join(staging, parts.settings));
    const old = await ifThere(readFile(config));
    const running = old && (await stateOf(config));
    const setAside = await whileStopped(running, async () => {
      const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
      const aside = await replaceSettings({ config, old, text, stamp });
      try {
        const { folders } = await loadPlan(config);
        const other = folders.state === running ? undefined : folders.state;
        const swapped = await whileStopped(other, () => swapFolders(staging, folders, stamp));
        return [...aside, ...swapped];
      } catch (error) {
        if (old === undefined) await rm(config, { force: true });
        else await writeDurably(config, old, { mode: 0o640 });
        throw error;
      }
    });
    return { manifest, setAside };
  } catch (error) {
    throw asDiskError(error, config);
  } finally {
    // An archive that breaks off leaves files behind that are still being written.
    await rm(staging, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Where the server of these settings keeps its state; undefined when nobody can tell any more. */
async function stateOf(config: string): Promise<string | undefined> {
  try {
    return (await loadPlan(config)).folders.state;
  } catch {
    return undefined;
  }
}

/** @throws BranchlineError ALREADY_RUNNING. */
async function whileStopped<T>(state: string | undefined, work: () => Promise<T>): Promise<T> {
  if (state === undefined) return await work();
  const owner = await ownerOf(state);
  await makeFolder(state, 0o750);
  await giveTo(owner, [state]);
  const alone = new SingleInstance(state);
  await alone.start();
  try {
    return await work();
  } finally {
    await alone.stop();
  }
}

async function replaceSettings(replaced: {
  readonly config: string;
  readonly old: Buffer | undefined;
  readonly text: Buffer;
  readonly stamp: string;
}): Promise<string[]> {
  const { config, old, text, stamp } = replaced;
  if (old?.equals(text) === true) return [];
  const owner = await ownerOf(config);
  const aside = `${config}.before-${stamp}`;
  if (old !== undefined) await writeDurably(aside, old, { mode: 0o600 });
  await writeDurably(config, text, { mode: 0o640 });
  await giveTo(owner, [config]);
  return old === undefined ? [] : [aside];
}

/** Both folders change places, or neither does. */
async function swapFolders(
  staging: string,
  folders: ServerPlan['folders'],
  stamp: string,
): Promise<string[]> {
  const wanted: Swap[] = [];
  for (const [part, folder] of [
    [parts.certificates, folders.certificates],
    [parts.state, folders.state],
  ] as const) {
    if ((await ifThere(stat(path.join(staging, part)))) === undefined) continue;
    const [beside, aside] = [`${folder}.restored-${stamp}`, `${folder}.before-${stamp}`];
    wanted.push({ from: path.join(staging, part), folder, beside, aside });
  }
  const undo: (() => Promise<void>)[] = [];
  try {
    // All bytes are on their own disks first: what follows is renames.
    for (const swap of wanted) await copyBeside(swap);
    for (const swap of wanted) await swapIn(swap, undo);
    await keepFromBefore(`${folders.state}.before-${stamp}`, folders.state, undo);
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    for (const { beside } of wanted) await rm(beside, { recursive: true, force: true });
    throw error;
  }
  const there = wanted.map(async ({ aside }) => ((await ifThere(stat(aside))) ? [aside] : []));
  return (await Promise.all(there)).flat();
}

async function unpack(archive: string, staging: string): Promise<StateManifest> {
  let bytes = 0;
  let entries = 0;
  let stray: string | undefined;
  try {
    await extract({
      file: archive,
      cwd: staging,
      strict: true,
      preserveOwner: false,
      filter: (name, entry) => {
        entries += 1;
        bytes += entry.size;
        const plain = 'type' in entry && (entry.type === 'File' || entry.type === 'OldFile');
        if (!plain || !isOwnName(name) || entries > maxFiles || bytes > maxBytes) stray = name;
        return stray === undefined;
      },
    });
  } catch (cause) {
    throw broken(archive, 'it cannot be unpacked', cause);
  }
  if (stray !== undefined) throw broken(archive, `${stray.slice(0, 200)} does not belong into one`);
  const text = await ifThere(readFile(path.join(staging, manifestName), 'utf8'));
  if (text === undefined) throw broken(archive, `it has no ${manifestName}`);
  const manifest = readManifest(text, archive);
  const there = new Set((await listTree(staging, { maxFiles })).map(({ name }) => name));
  const named = new Set([manifestName, ...manifest.files.map(({ name }) => name)]);
  if (!named.has(parts.settings)) throw broken(archive, `it has no ${parts.settings}`);
  const extra = [...there].find((name) => !named.has(name));
  if (extra !== undefined) throw broken(archive, `${extra} is not in its list`);
  for (const { name, size, sha256 } of manifest.files) {
    const found = there.has(name) ? await hashFile(path.join(staging, name)) : undefined;
    if (found?.sha256 !== sha256 || found.size !== size) {
      throw broken(archive, `${name} is not as its list has it`);
    }
  }
  return manifest;
}

/** A name that `state backup` writes: below the archive's own folders. Administrators name their files as they like. */
function isOwnName(name: string): boolean {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return false;
  return process.platform !== 'win32' || parts.every((part) => faultOf(part) === undefined);
}

interface Swap {
  /** Unpacked. */
  readonly from: string;
  readonly folder: string;
  /** Its copy on the folder's own disk. */
  readonly beside: string;
  /** Where what was there before goes. */
  readonly aside: string;
}

async function copyBeside({ from, folder, beside }: Swap): Promise<void> {
  await makeFolder(path.dirname(folder));
  const owner = await ownerOf(folder);
  await rm(beside, { recursive: true, force: true });
  await copyAll(from, beside, owner);
}

/** What was in the folder's place lies beside it afterwards; `undo` learns how to go back. */
async function swapIn(
  { folder, beside, aside }: Swap,
  undo: (() => Promise<void>)[],
): Promise<void> {
  if ((await ifThere(stat(folder))) !== undefined) await moved(folder, aside, undo);
  await moved(beside, folder, undo);
}

async function moved(from: string, to: string, undo: (() => Promise<void>)[]): Promise<void> {
  await renameFile(from, to);
  undo.push(() => renameDurably(to, from));
  await fsyncFolder(path.dirname(to));
}

async function copyAll(from: string, to: string, owner: Owner): Promise<void> {
  await makeFolder(to, 0o750);
  const made = new Set([to]);
  for (const { name } of await listTree(from, { maxFiles })) {
    const folder = path.dirname(path.join(to, name));
    for (let at = folder; at.length > to.length; at = path.dirname(at)) made.add(at);
    await makeFolder(folder, 0o700);
    const file = path.join(to, name);
    await copyOne(path.join(from, name), file);
    made.add(file);
  }
  await giveTo(owner, [...made]);
}

/** Piece by piece: a database may be larger than what is read at once. */
async function copyOne(from: string, to: string): Promise<void> {
  const partial = partialBeside(to);
  await copyInto(from, [partial]);
  await chmod(partial, 0o600);
  await renameDurably(partial, to);
}

/** What is not in the archive, and still that of this machine: the stored updates of a hub, and the audit log. */
async function keepFromBefore(
  aside: string,
  state: string,
  undo: (() => Promise<void>)[],
): Promise<void> {
  for (const name of ['store', 'audit']) {
    await ifThere(moved(path.join(aside, name), path.join(state, name), undo));
  }
}
