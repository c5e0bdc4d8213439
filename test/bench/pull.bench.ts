import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { hashFile } from '#libs/files';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { command, LaunchedServer } from '../support/launched-server.ts';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { median, percentile, timeCommand, timed, withTempFolder } from './support/measure.ts';
import { forgetMemoryPeak, memoryPeak } from './support/memory-peak.ts';

export const name = 'pull';

const mebibyte = 1024 * 1024;
const rounds = 3;

/** A hub and a joined branch as processes of their own. */
interface Pair {
  readonly hub: DemoSite;
  readonly branch: DemoSite;
  readonly hubServer: LaunchedServer;
  readonly branchServer: LaunchedServer;
}

/** What one pull cost the branch. */
interface Pull {
  readonly ms: number;
  readonly peakBytes: number;
  readonly p99Ms: number;
  readonly loopMs: number;
}

export async function run(): Promise<BenchResult[]> {
  return await withTempFolder(async (folder) => {
    const pair = await startPair(folder);
    try {
      return [await compare(pair, folder), await large(pair, folder)];
    } finally {
      await stopPair(pair);
    }
  });
}

/** Ours and the peer's chain over the same TLS from the same hub, in turn. */
async function compare(pair: Pair, folder: string): Promise<BenchResult> {
  const pulls: Pull[] = [];
  const peers: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const { file, sha256 } = await archive(folder, `release-${round}.zip`, 300_000_000, `${round}`);
    const pull = await pullOnce(pair, file);
    const peer = await peerChain(pair, folder, sha256);
    // The first round warms both up.
    if (round > 0) {
      pulls.push(pull);
      peers.push(peer);
    }
  }
  const ours = median(pulls.map(({ ms }) => ms));
  const worst = (value: (pull: Pull) => number): number => Math.max(...pulls.map(value));
  return {
    title: 'Pull of a 300 MB archive of 40 files over mutual TLS, to published in the trees',
    command:
      'curl (same TLS) && sha256sum && unzip && cp -r into the second tree && sync, one after the other',
    figures: [
      {
        label: 'branchline: fetched, verified, unpacked into all trees, published, synced',
        value: ours,
        unit: 'ms',
      },
      { label: 'curl, sha256sum, unzip, cp, sync', value: median(peers), unit: 'ms' },
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
    ],
    ratio: ratioOf('branchline / curl + sha256sum + unzip + cp + sync', ours, median(peers), 1),
  };
}

/** Memory must not grow with the archive. */
async function large(pair: Pair, folder: string): Promise<BenchResult> {
  const { file } = await archive(folder, 'large.zip', 1_500_000_000, 'large');
  const { ms, peakBytes, p99Ms, loopMs } = await pullOnce(pair, file);
  return {
    title: 'Pull of a 1.5 GB archive of 40 files',
    command: 'none: what counts is the memory',
    figures: [
      { label: 'branchline', value: ms, unit: 'ms' },
      {
        label: 'peak memory of the branch',
        value: peakBytes / mebibyte,
        unit: 'MiB',
        limit: { kind: 'at most', value: 190.7 },
      },
      {
        label: '99th percentile of a 1 KiB download meanwhile',
        value: p99Ms,
        unit: 'ms',
        limit: { kind: 'at most', value: 20 },
      },
      {
        label: 'longest wait of the event loop meanwhile',
        value: loopMs,
        unit: 'ms',
        limit: { kind: 'at most', value: 50 },
      },
    ],
  };
}

async function startPair(folder: string): Promise<Pair> {
  const hub = await demoSite(folder, 'hub', true);
  const branch = await demoSite(folder, 'lisbon', false);
  await must('hub', 'init', '--config', hub.config);
  const hubServer = await LaunchedServer.launch(hub.config);
  const joinString = (await must('hub', 'invite', 'lisbon', '--config', hub.config)).trim();
  await must('join', joinString, '--config', branch.config);
  const branchServer = await LaunchedServer.launch(branch.config);
  return { hub, branch, hubServer, branchServer };
}

async function must(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(...words);
  if (status !== 0) throw new Error(`branchline ${words.join(' ')}: ${stderr}`);
  return stdout;
}

async function archive(
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
async function pullOnce({ hub, branch, branchServer }: Pair, file: string): Promise<Pull> {
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

/** What a careful administrator would have in a script. */
async function peerChain({ hub, branch }: Pair, folder: string, sha256: string): Promise<number> {
  const identity = await identityFolder(branch);
  const hubPort = /^HubPort=(\d+)$/m.exec(await readFile(hub.config, 'utf8'))?.[1] ?? '';
  const out = path.join(folder, 'peer');
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, 'HTTPdata'), { recursive: true });
  const zip = path.join(out, 'release.zip');
  const url = `https://127.0.0.1:${hubPort}/v1/files/${sha256}`;
  const tls = ['--cacert', 'authority.pem', '--cert', 'certificate.pem', '--key', 'key.pem'];
  let ms = await timeCommand('curl', ['-sf', ...tls, '-o', zip, url], { cwd: identity });
  ms += await timeCommand('sha256sum', [zip]);
  ms += await timeCommand('unzip', ['-q', zip, '-d', path.join(out, 'HTTPdata')]);
  ms += await timeCommand('cp', ['-r', path.join(out, 'HTTPdata'), path.join(out, 'HTTPSdata')]);
  ms += await timeCommand('sync', ['-f', out]);
  return ms;
}

async function identityFolder({ folder }: DemoSite): Promise<string> {
  const primary = path.join(folder, 'certs', 'primary');
  const [identity] = (await readdir(primary)).filter((entry) => entry.startsWith('identity-'));
  return path.join(primary, identity ?? '');
}

async function stopPair({ hubServer, branchServer }: Pair): Promise<void> {
  await branchServer.stop();
  await hubServer.stop();
}
