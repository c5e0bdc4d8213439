import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Check } from 'typebox/value';
import { statusSchema, type Status } from '#libs/pages';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { command, ServerProcess } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';

export interface Sites {
  readonly root: string;
  readonly hub: DemoSite;
  readonly branch: DemoSite;
}

/** A hub that runs, and a branch that has joined and does not run yet. */
export async function joinedSites(): Promise<Sites & { hubProcess: ServerProcess }> {
  const root = await tempFolder();
  const hub = await demoSite(root, 'hub', true);
  const branch = await demoSite(root, 'lisbon', false);
  await mustRun('hub', 'init', '--config', hub.config);
  const hubProcess = await ServerProcess.start(hub.config);
  await join(hub, branch);
  return { root, hub, branch, hubProcess };
}

/** Invite and join, as two operators would. */
export async function join(hub: DemoSite, branch: DemoSite, ...options: string[]): Promise<void> {
  const joinString = (await mustRun('hub', 'invite', branch.name, '--config', hub.config)).trim();
  await mustRun('join', joinString, '--config', branch.config, ...options);
}

/** Run a command that has to succeed; returns its stdout. */
export async function mustRun(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(...words);
  if (status !== 0) throw new Error(`branchline ${words.join(' ')}: exit ${status}: ${stderr}`);
  return stdout;
}

/** Change one line of a settings file. */
export async function setLine(site: DemoSite, key: string, value: string): Promise<void> {
  const text = await readFile(site.config, 'utf8');
  const line = new RegExp(`^${key}=.*$`, 'm');
  if (!line.test(text)) throw new Error(`${site.config} has no ${key}`);
  await writeFile(site.config, text.replace(line, `${key}=${value}`));
}

/** Put a finished file into Updates as an administrator's copy ends up: whole. */
export async function drop(site: DemoSite, name: string, bytes: Buffer | string): Promise<void> {
  const beside = path.join(site.folder, name);
  await writeFile(beside, bytes);
  await rename(beside, path.join(updatesOf(site), name));
}

export async function statusOf(site: DemoSite): Promise<Status> {
  const response = await fetch(`http://127.0.0.1:${site.statusPort}/api/v1/status`);
  const body: unknown = await response.json();
  if (Check(statusSchema, body)) return body;
  throw new Error(`${site.name} has a status of another shape: ${JSON.stringify(body)}`);
}

/** Ask until the status is as wanted; the test's own time limit is the bound. */
export async function statusWhen(
  site: DemoSite,
  wanted: (status: Status) => boolean,
): Promise<Status> {
  for (;;) {
    const status = await statusOf(site);
    if (wanted(status)) return status;
    await sleep(50);
  }
}

/** Every file that telephones can see in a tree, with the SHA-256 of its bytes. */
export async function visibleIn(site: DemoSite, tree: string): Promise<Record<string, string>> {
  const root = path.join(site.folder, 'data', tree);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('.branchline'))
    .toSorted();
  const digests = await Promise.all(
    files.map(async (name) => [name, sha256(await readFile(path.join(root, name)))] as const),
  );
  return Object.fromEntries(digests);
}

/** What Branchline has left in its own folders of a tree, previous versions apart. */
export async function leftovers(site: DemoSite, tree: string): Promise<string[]> {
  const folder = path.join(site.folder, 'data', tree, '.branchline');
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((name) => !name.startsWith('previous') && name !== 'staging');
}

export const sha256 = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('hex');
