import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { extract } from 'tar';
import {
  asDiskError,
  fsyncFolder,
  giveTo,
  hashFile,
  ifThere,
  listTree,
  makeFolder,
  ownerOf,
  renameFile,
  safeName,
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
        if (old !== undefined) await writeDurably(config, old, { mode: 0o640 });
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

async function swapFolders(
  staging: string,
  folders: ServerPlan['folders'],
  stamp: string,
): Promise<string[]> {
  const certificates = path.join(staging, parts.certificates);
  const old = await swapIn(certificates, folders.certificates, stamp);
  const aside = await swapIn(path.join(staging, parts.state), folders.state, stamp);
  await keepFromBefore(aside, folders.state);
  return [old, aside].filter((name) => name !== undefined);
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

/** A plain name in the one spelling that `state backup` writes. */
function isOwnName(name: string): boolean {
  try {
    return safeName(name) === name;
  } catch {
    return false;
  }
}

/** What was in the folder's place lies beside it afterwards. */
async function swapIn(from: string, folder: string, stamp: string): Promise<string | undefined> {
  if ((await ifThere(stat(from))) === undefined) return undefined;
  await makeFolder(path.dirname(folder));
  const owner = await ownerOf(folder);
  // On the target's own disk first: a rename is whole or not at all.
  const beside = `${folder}.restored-${stamp}`;
  await rm(beside, { recursive: true, force: true });
  await copyAll(from, beside, owner);
  const aside = `${folder}.before-${stamp}`;
  const had = await ifThere(renameFile(folder, aside).then(() => true));
  await renameFile(beside, folder);
  await fsyncFolder(path.dirname(folder));
  return had === true ? aside : undefined;
}

async function copyAll(from: string, to: string, owner: Owner): Promise<void> {
  await makeFolder(to, 0o750);
  const made = new Set([to]);
  for (const { name } of await listTree(from, { maxFiles })) {
    const folder = path.dirname(path.join(to, name));
    for (let at = folder; at.length > to.length; at = path.dirname(at)) made.add(at);
    await makeFolder(folder, 0o700);
    const file = path.join(to, name);
    await writeDurably(file, await readFile(path.join(from, name)), { mode: 0o600 });
    made.add(file);
  }
  await giveTo(owner, [...made]);
  const handle = await open(to, 'r');
  await handle.sync().finally(() => handle.close());
}

/** What is not in the archive, and still that of this machine: the stored updates of a hub, and the audit log. */
async function keepFromBefore(aside: string | undefined, state: string): Promise<void> {
  if (aside === undefined) return;
  for (const name of ['store', 'audit']) {
    await ifThere(renameFile(path.join(aside, name), path.join(state, name)));
  }
}
