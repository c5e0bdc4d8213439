import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchResult } from './support/bench-result.ts';
import { withTempFolder } from './support/measure.ts';
import { memoryPeak } from './support/memory-peak.ts';
import { accepts, RunningPeer } from './support/running-peer.ts';

export const name = 'cdr';

/** Records a second, and for how long. */
const rate = 2_000;
const seconds = 8;
const tickMs = 10;

const record = (n: number): string =>
  `${String(n).padStart(8, '0')} 0915 0042 7 4711 0035112345678 9 001 000000000000 07 0 0 0 4 000\r\n`;

/** The raw CDR link at a steady rate, then the server is killed: what is missing from what the kernel took? */
export function run(): Promise<BenchResult> {
  return withTempFolder(async (folder) => {
    const [linkPort, statusPort] = [await freePort(), await freePort()];
    const server = await startServer(folder, linkPort, statusPort);
    try {
      const syncs = await fsyncsPerSecond(folder);
      const socket = connect(linkPort, '127.0.0.1');
      await new Promise((up) => socket.once('connect', up));
      socket.on('error', () => undefined);
      // The start of the server is not what is measured.
      await metricsOf(statusPort);
      const start = performance.now();
      let sent = 0;
      let longestLagMs = 0;
      while (sent < rate * seconds) {
        const due = Math.min(
          rate * seconds,
          Math.floor(((performance.now() - start) / 1000) * rate),
        );
        let piece = '';
        for (; sent < due; sent += 1) piece += record(sent);
        if (piece !== '') {
          const asked = performance.now();
          await write(socket, piece);
          longestLagMs = Math.max(longestLagMs, performance.now() - asked);
        }
        await sleep(tickMs);
      }
      const stored = await storedWhen(statusPort, (count) => count >= sent);
      const took = (performance.now() - start) / 1000;
      const peak = ((await memoryPeak(server.pid)) ?? NaN) / 1e6;
      // In full flow: more than any disk syncs at once, until the kill.
      const flood = keepSending(socket, sent);
      const safe = await storedWhen(statusPort, (count) => count > sent + rate);
      process.kill(-server.pid, 'SIGKILL');
      const handedOver = await flood;
      const kept = await recordsIn(path.join(folder, 'data', 'CDRdata'));
      return {
        title: `Raw CDR link: ${rate} records a second for ${seconds} s, each piece synced before the next is read; then kill -9 in a flood`,
        command: 'no peer: collectors of this link are closed programs',
        figures: [
          { label: 'fsync of this disk, 4 KiB appended', value: syncs, unit: '/s' },
          {
            label: 'records stored, from the first to the answer that all are',
            value: stored.records / took,
            unit: '/s',
            limit: { kind: 'at least', value: rate * 0.95 },
          },
          { label: 'sender waited at most', value: longestLagMs, unit: 'ms' },
          {
            label: 'event loop, longest delay',
            value: stored.loopMaxMs,
            unit: 'ms',
            limit: { kind: 'at most', value: 50 },
          },
          { label: 'memory of the server, peak', value: peak, unit: 'MB' },
          { label: 'records reported as stored before the kill', value: safe.records, unit: '' },
          {
            label: 'of these missing after the kill',
            value: Math.max(0, safe.records - kept.records),
            unit: '',
            limit: { kind: 'at most', value: 0 },
          },
          {
            label: 'taken by the kernels, not stored when killed (both ends’ buffers)',
            value: (handedOver - kept.bytes) / 1000,
            unit: 'kB',
          },
        ],
      };
    } finally {
      await server.stop();
    }
  });
}

async function startServer(folder: string, port: number, status: number): Promise<RunningPeer> {
  const config = path.join(folder, 'branchline.ini');
  const lines = [
    ...['[Settings]', 'DataDir=data', 'BindAddress=127.0.0.1', `StatusPort=${status}`, 'LogFile='],
    ...['[FTP]', 'RunFTP=0', '[TFTP]', 'RunTrivialFTP=0', '[HTTP]', 'RunHTTP=0'],
    ...['[HTTPS]', 'RunHTTPS=0', '[CDR]', 'RunLink=1', `LinkPort=${port}`, 'LinkPeers=127.0.0.1'],
  ];
  await writeFile(config, lines.join('\n'));
  return await RunningPeer.start({
    program: fileURLToPath(new URL('../../bin/branchline', import.meta.url)),
    args: ['serve', '--config', config],
    silent: true,
    ready: async () => (await accepts(port)) && (await accepts(status)),
  });
}

const write = (socket: Socket, piece: string): Promise<void> =>
  new Promise((done) => {
    socket.write(piece, () => {
      done();
    });
  });

/** As fast as the server reads, until it is gone; returns the bytes that the kernel has taken. */
async function keepSending(socket: Socket, from: number): Promise<number> {
  const gone = new Promise<undefined>((resolve) => {
    socket.once('close', () => {
      resolve(undefined);
    });
  });
  for (let n = from; !socket.destroyed; n += 20) {
    const piece = Array.from({ length: 20 }, (_, more) => record(n + more)).join('');
    await Promise.race([write(socket, piece), gone]);
  }
  return socket.bytesWritten;
}

/** How many 4 KiB appends this disk takes in a second, each synced: what no program can beat one at a time. */
async function fsyncsPerSecond(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const handle = await open(path.join(folder, 'fsync-probe'), 'w');
  const bytes = Buffer.alloc(4096, 'x');
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < 1000; count += 1) {
    await handle.write(bytes);
    await handle.datasync();
  }
  await handle.close();
  return count / ((performance.now() - start) / 1000);
}

async function metricsOf(port: number): Promise<{ records: number; loopMaxMs: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? NaN,
    );
  return {
    records: value('branchline_records_total{intake="link"}'),
    loopMaxMs: value('branchline_event_loop_delay_seconds{stat="max"}') * 1000,
  };
}

/** Asks until it is reached, a minute at most. */
async function storedWhen(
  port: number,
  enough: (count: number) => boolean,
): Promise<{ records: number; loopMaxMs: number }> {
  let loopMaxMs = 0;
  for (const limit = performance.now() + 60_000; performance.now() < limit;) {
    const metrics = await metricsOf(port);
    // Each reading is of the time since the one before.
    loopMaxMs = Math.max(loopMaxMs, metrics.loopMaxMs);
    if (enough(metrics.records)) return { records: metrics.records, loopMaxMs };
    await sleep(20);
  }
  throw new Error('the records were not stored within a minute');
}

async function recordsIn(folder: string): Promise<{ records: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let records = 0;
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const text = await readFile(path.join(entry.parentPath, entry.name), 'latin1');
    records += text.split('\r\n').length - 1;
    bytes += text.length;
  }
  return { records, bytes };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((up) => {
    server.listen(0, '127.0.0.1', up);
  });
  const bound = server.address();
  await new Promise((closed) => server.close(closed));
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}
