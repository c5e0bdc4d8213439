import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { hashFile } from '#libs/files';
import { demoSite, updatesOf, type DemoSite } from '../../../apps/demo/demo-site.ts';
import { buildFirmwareZip } from '../../../apps/demo/firmware-set.ts';
import { command, LaunchedServer } from '../../support/launched-server.ts';
import type { Figure } from './bench-result.ts';
import { percentile, timed } from './measure.ts';
import { forgetMemoryPeak, memoryPeak } from './memory-peak.ts';

const mebibyte = 1024 * 1024;

/** A hub and a joined branch as processes of their own. */
export interface Pair {
  readonly hub: DemoSite;
  readonly branch: DemoSite;
  readonly hubServer: LaunchedServer;
  readonly branchServer: LaunchedServer;
}

/** What one pull cost the branch. */
export interface Pull {
  readonly ms: number;
  readonly peakBytes: number;
  readonly p99Ms: number;
  readonly loopMs: number;
}

/** Hand a pair to `work`, and end it whatever happens; `joined` may still change the branch's settings. */
export async function withPair<T>(
  folder: string,
  work: (pair: Pair) => Promise<T>,
  joined?: (branch: DemoSite) => Promise<void>,
): Promise<T> {
  const pair = await startPair(folder, joined);
  try {
    return await work(pair);
  } finally {
    await stopPair(pair);
  }
}

/** What is promised of the branch while it pulls: the worst of these pulls counts. */
export function promisesOf(pulls: readonly Pull[]): Figure[] {
  const worst = (value: (pull: Pull) => number): number => Math.max(...pulls.map(value));
  return [
    {
      label: 'peak memory of the branch',
      value: worst(({ peakBytes }) => peakBytes) / mebibyte,
      unit: 'MiB',
      limit: { kind: 'at most', value: 190.7 },
    },
    {
      label: '99th percentile of a 1 KiB download meanwhile',
      value: worst(({ p99Ms }) => p99Ms),
      unit: 'ms',
      limit: { kind: 'at most', value: 20 },
    },
    {
      label: 'longest wait of the event loop meanwhile',
      value: worst(({ loopMs }) => loopMs),
      unit: 'ms',
      limit: { kind: 'at most', value: 50 },
    },
  ];
}

async function startPair(
  folder: string,
  joined?: (branch: DemoSite) => Promise<void>,
): Promise<Pair> {
  const hub = await demoSite(folder, 'hub', true);
  const branch = await demoSite(folder, 'lisbon', false);
  await must('hub', 'init', '--config', hub.config);
  const hubServer = await LaunchedServer.launch(hub.config);
  const joinString = (await must('hub', 'invite', 'lisbon', '--config', hub.config)).trim();
  await must('join', joinString, '--config', branch.config);
  await joined?.(branch);
  const branchServer = await LaunchedServer.launch(branch.config);
  return { hub, branch, hubServer, branchServer };
}

async function must(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(...words);
  if (status !== 0) throw new Error(`branchline ${words.join(' ')}: ${stderr}`);
  return stdout;
}

export async function archive(
  folder: string,
  file: string,
  totalBytes: number,
  seed: string,
): Promise<{ file: string; sha256: string }> {
  const target = path.join(folder, file);
  await buildFirmwareZip({ target, totalBytes, files: 40, seed, version: seed });
  const { sha256 } = await hashFile(target);
  return { file: target, sha256 };
}

/** Give the hub the archive and follow the branch until it is published; the branch's own log says how long it took. */
export async function pullOnce({ hub, branch, branchServer }: Pair, file: string): Promise<Pull> {
  await request(`http://127.0.0.1:${branch.statusPort}/metrics`).then(({ body }) => body.dump());
  await forgetMemoryPeak(branchServer.pid);
  await rename(file, path.join(updatesOf(hub), path.basename(file)));
  const small = path.join(branch.folder, 'data', 'HTTPdata', 'small.txt');
  await writeFile(small, Buffer.alloc(1_024));
  const done = new AbortController();
  const latencies = downloads(branch, done.signal);
  const ended = await branchServer.logged(
    ({ msg, name: published }) => msg === 'update published' && published === path.basename(file),
  );
  const run = await branchServer.logged(
    (line) =>
      line['msg'] === 'sync run ended' &&
      line['files'] === 1 &&
      String(line['time']) >= String(ended['time']),
  );
  done.abort();
  const metrics = await request(`http://127.0.0.1:${branch.statusPort}/metrics`);
  const loop = /branchline_event_loop_delay_seconds\{stat="max"\} (\S+)/.exec(
    await metrics.body.text(),
  );
  return {
    ms: Number(run['ms']),
    peakBytes: (await memoryPeak(branchServer.pid)) ?? 0,
    p99Ms: percentile(await latencies, 0.99),
    loopMs: Number(loop?.[1]) * 1_000,
  };
}

/** One telephone that asks for the same small file again and again. */
async function downloads({ httpPort }: DemoSite, signal: AbortSignal): Promise<number[]> {
  const agent = new Agent({ connections: 1 });
  const times: number[] = [];
  while (!signal.aborted) {
    times.push(
      await timed(async () => {
        const { body } = await request(`http://127.0.0.1:${httpPort}/small.txt`, {
          dispatcher: agent,
        });
        await body.arrayBuffer();
      }),
    );
    await sleep(5);
  }
  await agent.close();
  return times;
}

async function stopPair({ hubServer, branchServer }: Pair): Promise<void> {
  await branchServer.stop();
  await hubServer.stop();
}
