import { rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoSite, updatesOf, type DemoSite } from '../../../apps/demo/demo-site.ts';
import { planFirmware, type FirmwareOptions } from '../../../apps/demo/firmware-plan.ts';
import { buildFirmwareZip } from '../../../apps/demo/firmware-set.ts';
import { command, LaunchedServer } from '../launched-server.ts';
import { knownFiles, otherTree } from './branch-tree.ts';
import { layOut, phoneBranch, type PhoneBranch } from './phone-branch.ts';
import { branchOfPhones } from './phone-kinds.ts';
import { PhoneLoad, type LoadOrder, type LoadReport } from './phone-load.ts';

export interface FullBranchOptions {
  readonly folder: string;
  readonly phones: number;
  /** Of the release that arrives while the phones start, unpacked. */
  readonly releaseBytes: number;
  readonly firmwareBytes: number;
}

export interface FullBranchReport {
  readonly load: LoadReport;
  /** The longest block of the branch's event loop while the phones started, in milliseconds, as its own watch saw it. */
  readonly loopMs: number;
  /** From the first phone's start until the new release lay in the trees; at that start the branch had just heard of it. */
  readonly syncedAfterMs: number;
  /** From the first phone's start to the last one's end. */
  readonly lastedMs: number;
}

const [before, after] = ['4_1_3_0_6', '4_1_4_0_2'];
const files = 40;

/** A hub and a branch, each in a process of its own; the branch has one release, the next arrives while all phones start. */
export async function fullBranch(options: FullBranchOptions): Promise<FullBranchReport> {
  const { folder, phones, firmwareBytes, releaseBytes } = options;
  const hub = await demoSite(folder, 'hub', true);
  const branch = await phoneBranch(folder, 'lisbon');
  const others = otherTree(branchOfPhones(phones), { version: before, firmwareBytes });
  await layOut(branch.site, others);
  await must('hub', 'init', '--config', hub.config);
  // Before the hub starts: then its door is open when it is ready.
  const invitation = await must('hub', 'invite', 'lisbon', '--config', hub.config);
  const hubServer = await LaunchedServer.launch(hub.config);
  try {
    await must('join', invitation.trim(), '--config', branch.site.config);
    const old: FirmwareOptions = { version: before, files, totalBytes: files * firmwareBytes };
    const fresh: FirmwareOptions = { version: after, files, totalBytes: releaseBytes };
    await release(hub, 'first.zip', old);
    const server = await LaunchedServer.launch(branch.site.config);
    try {
      await published(server, 'first.zip');
      const known = knownFiles(others, bytesOf(old), bytesOf(fresh));
      return await startAll(branch, server, () => release(hub, 'second.zip', fresh), {
        count: phones,
        known,
      });
    } finally {
      await server.stop();
    }
  } finally {
    await hubServer.stop();
  }
}

async function startAll(
  { site, servers }: PhoneBranch,
  server: LaunchedServer,
  releaseNext: () => Promise<void>,
  order: Omit<LoadOrder, 'servers'>,
): Promise<FullBranchReport> {
  const load = await PhoneLoad.prepare();
  try {
    await releaseNext();
    await heardOf('second.zip', site);
    await blockedMs(site);
    const began = Date.now();
    const report = await load.run({ ...order, servers });
    const ended = Date.now();
    const loopMs = await blockedMs(site);
    const publishedAt = await published(server, 'second.zip');
    return { load: report, loopMs, syncedAfterMs: publishedAt - began, lastedMs: ended - began };
  } finally {
    load.stop();
  }
}

/** Resolves when the branch knows of an update, whatever it has of it. */
async function heardOf(name: string, { statusPort }: DemoSite): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${statusPort}/api/v1/status`);
    if ((await answer.text()).includes(`"${name}"`)) return;
    await sleep(10);
  }
}

/** When the branch had put an update into its trees, as its log says. */
async function published(server: LaunchedServer, name: string): Promise<number> {
  const line = await server.logged(
    ({ msg, name: update }) => msg === 'update published' && update === name,
  );
  return Date.parse(String(line['time']));
}

async function release(hub: DemoSite, name: string, options: FirmwareOptions): Promise<void> {
  const building = path.join(updatesOf(hub), `.building-${name}`);
  await buildFirmwareZip({ target: building, ...options });
  await rename(building, path.join(updatesOf(hub), name));
}

const bytesOf = (options: FirmwareOptions): Record<string, Buffer> =>
  Object.fromEntries(
    planFirmware(options).map(({ name, bytes }) => [name, Buffer.concat([...bytes()])]),
  );

async function blockedMs({ statusPort }: DemoSite): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${statusPort}/metrics`);
  const text = await answer.text();
  const value = /^branchline_event_loop_delay_seconds\{stat="max"\} (\S+)$/m.exec(text)?.[1];
  if (value === undefined) throw new Error('the metrics say nothing about the event loop');
  return Number(value) * 1000;
}

async function must(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(...words);
  if (status !== 0) throw new Error(`branchline ${words.join(' ')}: exit ${status}: ${stderr}`);
  return stdout;
}
