import { open, mkdtemp, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import { BranchlineError, systemCode } from '#libs/errors';
import {
  asDiskError,
  copyInto,
  fsyncFolder,
  hashFile,
  ifThere,
  listTree,
  partialBeside,
  removeQuietly,
  renameFile,
} from '#libs/files';
import { Journal } from '#libs/journal';
import type { ServerPlan } from '../server/server-plan.ts';
import { manifestName, maxFiles, parts, type StateManifest } from './state-manifest.ts';

export interface StateBackupOptions {
  readonly plan: ServerPlan;
  /** The settings file. */
  readonly config: string;
  readonly target: string;
  readonly version: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The journal is copied by itself; the store is made anew from Updates; the audit log stays with its machine. */
const leftOut = /^(?:branchline\.db(?:-wal|-shm)?$|store\/|audit\/)/;
const tries = 5;

/**
 * Write a server's own state (settings, database, keys, certificates, accounts) into one archive, readable
 * by its owner only, while the server runs. Trees, Updates, records
 * and the audit log are not in it.
 * @throws BranchlineError FILE_CHANGED, DISK_FULL, WRITE_FAILED; then there is no archive.
 */
export async function backupState(options: StateBackupOptions): Promise<StateManifest> {
  const { plan, config, target, version, now } = options;
  const partial = partialBeside(target);
  const staging = await mkdtemp(
    path.join(path.dirname(path.resolve(target)), '.branchline-state-'),
  );
  try {
    await copyInto(config, [path.join(staging, parts.settings)]);
    await copySettled(plan.folders.certificates, path.join(staging, parts.certificates));
    await copySettled(plan.folders.state, path.join(staging, parts.state));
    await copyJournal(plan.folders.state, path.join(staging, parts.state));
    const listed = await listTree(staging, { maxFiles });
    const files: StateManifest['files'] = [];
    for (const { name } of listed) {
      files.push({ name, ...(await hashFile(path.join(staging, name))) });
    }
    const writtenAt = new Date(now).toISOString();
    const manifest: StateManifest = { format: 1, version, name: plan.name, writtenAt, files };
    await writeFile(path.join(staging, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
    // First in the archive: whoever reads it knows what must follow.
    const names = [manifestName, ...files.map(({ name }) => name)];
    const packing = { file: partial, cwd: staging, gzip: true, portable: true, mode: 0o600 };
    await create(packing, names);
    await settle(partial, target);
    return manifest;
  } catch (error) {
    await removeQuietly([partial]);
    throw asDiskError(error, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** All files of a folder as they were at one moment: copied again when one changed meanwhile. */
async function copySettled(folder: string, into: string): Promise<void> {
  if ((await ifThere(stat(folder))) === undefined) return;
  for (let attempt = 1; ; attempt += 1) {
    if (await copiedAtOnce(folder, into)) return;
    if (attempt === tries) {
      throw new BranchlineError(
        'FILE_CHANGED',
        `${folder} changes without a pause, so that no whole copy can be made: try again in a minute`,
      );
    }
    await rm(into, { recursive: true, force: true });
  }
}

/** False when a file was written, came or went meanwhile. */
async function copiedAtOnce(folder: string, into: string): Promise<boolean> {
  const before = await lookOf(folder);
  try {
    for (const { name } of before) {
      const to = path.join(into, name);
      await mkdir(path.dirname(to), { recursive: true });
      await copyInto(path.join(folder, name), [to]);
    }
  } catch (error) {
    // ENOENT: it went after its last byte was read.
    if (['FILE_CHANGED', 'NOT_FOUND', 'ENOENT'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
  return JSON.stringify(await lookOf(folder)) === JSON.stringify(before);
}

async function lookOf(folder: string) {
  const files = await listTree(folder, { maxFiles });
  return files.filter(({ name }) => !leftOut.test(name));
}

async function copyJournal(state: string, into: string): Promise<void> {
  const file = path.join(state, 'branchline.db');
  if ((await ifThere(stat(file))) === undefined) return;
  await mkdir(into, { recursive: true });
  const journal = new Journal(file);
  try {
    journal.copyTo(path.join(into, 'branchline.db'));
  } finally {
    journal.close();
  }
}

async function settle(partial: string, target: string): Promise<void> {
  const handle = await open(partial, 'r+');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameFile(partial, target);
  await fsyncFolder(path.dirname(path.resolve(target)));
}
