import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';
import { makeFolder } from '#libs/files';
import { changeSettings } from '../cli/settings-file.ts';
import { ProgressLine } from '../cli/progress-line.ts';
import { ServerClient } from '../server/server-client.ts';
import { showProgress } from '../cli/sync-command.ts';
import { table } from '../cli/table.ts';
import { loadPlan } from '../server/compose.ts';
import { DemoServer, runCommand } from './demo-server.ts';
import { demoSite, updatesOf, type DemoSite } from './demo-site.ts';
import { buildFirmwareZip, type FirmwareFile } from './firmware-set.ts';
import { fetchLikePhones, type Download } from './phone.ts';
import { roam } from './roaming-user.ts';

export interface DemoOptions {
  /** End when all is checked, instead of staying up until Ctrl-C. */
  readonly once: boolean;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

const totalBytes = 60 * 1024 * 1024;
const patienceMs = 60_000;

/** A hub and two branches on loopback: join, drop a zip, sync, fetch like telephones, save and roam, show. */
export async function runDemo({ once: onlyOnce, out, err }: DemoOptions): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), 'branchline-demo-'));
  const servers: DemoServer[] = [];
  const interrupted = once(process, 'SIGINT').then(() => {
    throw new BranchlineError('INTERRUPTED', 'stopped by Ctrl-C');
  });
  interrupted.catch(() => undefined);
  const say = (text: string): void => {
    out.write(`${text}\n`);
  };
  try {
    await Promise.race([play(root, servers, say, err), interrupted]);
    if (onlyOnce) return;
    say('\nIt stays up for you to look around; Ctrl-C ends it and removes everything.');
    await interrupted.catch(() => undefined);
  } finally {
    for (const server of servers.reverse()) await server.stop();
    await rm(root, { recursive: true, force: true });
  }
}

async function play(
  root: string,
  servers: DemoServer[],
  say: (text: string) => void,
  err: NodeJS.WriteStream,
): Promise<void> {
  const hub = await demoSite(root, 'head-office', true);
  const lisbon = await demoSite(root, 'lisbon', false);
  const porto = await demoSite(root, 'porto', false);
  const branches = [lisbon, porto];
  await runCommand('hub', 'init', '--config', hub.config);
  servers.push(await DemoServer.start(hub.config));
  say(`head office is up: its files are in ${updatesOf(hub)}`);
  for (const branch of branches) {
    const started = performance.now();
    const joinString = (
      await runCommand('hub', 'invite', branch.name, '--config', hub.config)
    ).trim();
    await runCommand('join', joinString, '--config', branch.config);
    await changeSettings(branch.config, {
      'BACKUP_SERVERS/RequestBackup': '1',
      // No telephone of the demo answers SNMP: its password is the proof.
      'UPLOADS/HTTPBackupProof': 'basic',
    });
    servers.push(await DemoServer.start(branch.config));
    say(`${branch.name} has joined and is up after ${seconds(performance.now() - started)} s`);
  }
  const line = new ProgressLine(err);
  const files = await dropFirmware(root, hub, line);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  say(
    `firmware.zip with ${files.length} files, ${mebi(bytes)} MiB, is in Updates; the branches are being woken`,
  );
  for (const branch of branches) {
    const took = await syncBranch(branch, line);
    say(
      `${branch.name} is in sync after ${seconds(took)} s: fetched, verified, unpacked, published`,
    );
  }
  const downloads: [string, Download][] = [];
  for (const branch of branches) {
    for (const got of await fetchLikePhones(
      branch,
      pick(files, /^46xx|^a\d\dd/i),
      pick(files, /\.(bin|tar|zip)$/i),
    )) {
      downloads.push([branch.name, got]);
    }
  }
  say('\nWhat telephones got, each byte compared with what went into the zip:');
  const rows = downloads.map(([at, { protocol, name, bytes: size, ms }]) => [
    at,
    protocol,
    name,
    mebi(size),
    ms.toFixed(0),
  ]);
  for (const row of table(['at', 'by', 'file', 'MiB', 'ms'], rows)) say(`  ${row}`);
  say('\nWhat a user saved at lisbon follows him to porto, each byte compared:');
  await roam(hub, lisbon, porto, ({ at, did, ms }) => {
    say(`  ${at.padEnd(12)} ${did} (${ms.toFixed(0)} ms)`);
  });
  say('\nStatus pages:');
  for (const { name, statusPort } of [hub, ...branches]) {
    say(`  ${name.padEnd(12)} http://127.0.0.1:${statusPort}/`);
  }
}

/** Build the zip beside Updates and move it in whole, as an administrator's copy would end up. */
async function dropFirmware(
  root: string,
  hub: DemoSite,
  line: ProgressLine,
): Promise<FirmwareFile[]> {
  const target = path.join(root, 'firmware.zip');
  const files = await buildFirmwareZip({
    target,
    totalBytes,
    onBytes: (done) => {
      line.show({ label: 'building firmware.zip', done, overall: totalBytes });
    },
  });
  line.clear();
  await makeFolder(updatesOf(hub));
  await rename(target, path.join(updatesOf(hub), 'firmware.zip'));
  return files;
}

/** Follow a branch until the firmware is published there; returns the milliseconds it took. */
async function syncBranch(branch: DemoSite, line: ProgressLine): Promise<number> {
  const client = await ServerClient.open(await loadPlan(branch.config));
  const start = performance.now();
  while (performance.now() - start < patienceMs) {
    const run = await client.follow(await client.sync('updates'), (seen) => {
      showProgress(line, seen);
    });
    line.clear();
    if (run.state !== 'done') {
      throw new BranchlineError('PARTLY_DONE', `${branch.name}: ${run.message ?? run.state}`);
    }
    const { sync } = await client.status();
    const file = sync?.files.find(({ name }) => name === 'firmware.zip');
    if (file?.state === 'published') return performance.now() - start;
    // The hub waits until the file has stood still.
    await sleep(100);
  }
  throw new BranchlineError(
    'PEER_TOO_SLOW',
    `${branch.name} had no firmware after ${patienceMs / 1_000} s`,
  );
}

/** The largest file of a kind: what a telephone would spend its time on. */
function pick(files: readonly FirmwareFile[], pattern: RegExp): FirmwareFile {
  const [largest] = files
    .filter(({ name }) => pattern.test(name))
    .toSorted((a, b) => b.size - a.size);
  if (largest === undefined)
    throw new BranchlineError('INTERNAL', `no file like ${pattern.source} in the set`);
  return largest;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
const mebi = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
