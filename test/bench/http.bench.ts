import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchResult, Figure } from './support/bench-result.ts';
import { median, withTempFolder } from './support/measure.ts';
import { forgetMemoryPeak, memoryPeak } from './support/memory-peak.ts';
import { handshakes, webLoad } from './support/web-load.ts';
import { startNginx, startOurs, type WebServer } from './support/web-servers.ts';

export const name = 'http';

/** Servers on the first processor, telephones on the second. */
const [serverCpu, phonesCpu] = [0, 1];
const connections = 100;
const seconds = 2;
const rounds = 3;

const loads = [
  {
    title: 'HTTP, 1 KiB',
    scheme: 'http',
    file: '46xxsettings.txt',
    unit: 'requests/s',
    target: 0.65,
  },
  { title: 'HTTP, 5 MiB', scheme: 'http', file: 'firmware.bin', unit: 'MiB/s', target: 1 },
  {
    title: 'HTTPS, 1 KiB',
    scheme: 'https',
    file: '46xxsettings.txt',
    unit: 'requests/s',
    target: 0.5,
  },
  { title: 'HTTPS, 5 MiB', scheme: 'https', file: 'firmware.bin', unit: 'MiB/s', target: 0.9 },
] as const;

type Load = (typeof loads)[number];

interface Pair {
  readonly ours: WebServer;
  readonly nginx: WebServer;
}

export function run(): Promise<BenchResult[]> {
  return withTempFolder(async (folder) => {
    for (const tree of ['HTTPdata', 'HTTPSdata']) {
      const root = path.join(folder, 'data', tree);
      await mkdir(root, { recursive: true });
      await writeFile(path.join(root, '46xxsettings.txt'), randomBytes(1024));
      await writeFile(path.join(root, 'firmware.bin'), randomBytes(5 * 1024 * 1024));
    }
    const ours = await startOurs(folder, serverCpu);
    try {
      const nginx = await startNginx(folder, serverCpu);
      try {
        return await measure({ ours, nginx });
      } finally {
        await nginx.stop();
      }
    } finally {
      await ours.stop();
    }
  });
}

async function measure(pair: Pair): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  await forgetMemoryPeak(pair.ours.pid);
  for (const load of loads) results.push(await measureLoad(pair, load));
  const peak = (await memoryPeak(pair.ours.pid)) ?? 0;
  const memory: Figure = {
    label: 'branchline, most memory during all four loads',
    value: peak / 1e6,
    unit: 'MB',
    limit: { kind: 'at most', value: 150 },
  };
  results.push({ title: 'Memory of the web server', command: 'none', figures: [memory] });
  results.push(await newSessions(pair));
  return results;
}

async function measureLoad({ ours, nginx }: Pair, load: Load): Promise<BenchResult> {
  const rates: { ours: number[]; nginx: number[] } = { ours: [], nginx: [] };
  let blockedMs = 0;
  for (let round = 0; round <= rounds; round++) {
    await loopDelayMs(ours);
    const own = await rateOf(ours, load);
    blockedMs = Math.max(blockedMs, await loopDelayMs(ours));
    const other = await rateOf(nginx, load);
    // The first round warms up.
    if (round > 0) {
      rates.ours.push(own);
      rates.nginx.push(other);
    }
  }
  const [own, other] = [median(rates.ours), median(rates.nginx)];
  return {
    title: `${load.title}, ${connections} kept connections, one processor; both write their log`,
    command: `wrk -t1 -c${connections} -d${seconds}s ${load.scheme}://…/${load.file}`,
    figures: [
      { label: ours.title, value: own, unit: load.unit },
      { label: nginx.title, value: other, unit: load.unit },
      {
        label: 'branchline / nginx',
        value: own / other,
        unit: '×',
        limit: { kind: 'at least', value: load.target },
      },
      {
        label: 'longest wait of the event loop',
        value: blockedMs,
        unit: 'ms',
        limit: { kind: 'at most', value: 50 },
      },
    ],
  };
}

async function rateOf(server: WebServer, { scheme, file, unit }: Load): Promise<number> {
  const port = scheme === 'http' ? server.httpPort : server.httpsPort;
  const url = `${scheme}://127.0.0.1:${port}/${file}`;
  const rates = await webLoad({ url, connections, seconds, cpu: phonesCpu });
  return unit === 'MiB/s' ? rates.mibPerS : rates.requestsPerS;
}

const kinds = [
  { title: 'TLS 1.2, RSA', options: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'] },
  { title: 'TLS 1.2, ECDSA', options: ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'] },
] as const;

async function newSessions(pair: Pair): Promise<BenchResult> {
  const figures: Figure[] = [];
  for (const { title, options } of kinds) {
    for (const server of [pair.ours, pair.nginx]) {
      const value = await handshakes(server.httpsPort, seconds, phonesCpu, ...options);
      figures.push({ label: `${server.title}, ${title}`, value, unit: 'handshakes/s' });
    }
  }
  const command = `openssl s_time -new -time ${seconds} ${kinds[0].options.join(' ')}`;
  return { title: 'New TLS sessions, one after the other', command, figures };
}

/** Since the last time it was asked. */
async function loopDelayMs({ statusPort }: WebServer): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${statusPort ?? 0}/metrics`);
  const text = await response.text();
  const max = /^branchline_event_loop_delay_seconds\{stat="max"\} (\S+)$/m.exec(text)?.[1];
  if (max === undefined) throw new Error('the metrics say nothing of the event loop');
  return Number(max) * 1000;
}
