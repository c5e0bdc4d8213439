import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { freeUdpPort } from '../support/free-udp-port.ts';
import type { BenchResult } from './support/bench-result.ts';
import { ftpLoad, startOurs, type FtpPeer } from './support/ftp-peers.ts';
import { median, withTempFolder } from './support/measure.ts';

export const name = 'ftp-snmp';

const telephones = 1_000;
const rounds = 3;

const small = { file: 'small.bin', size: 1024, sessions: 50, each: true };

/** As ftp-load.c gives them: 127.12.0.1 and on. */
const addresses = Array.from({ length: telephones }, (_, index) => {
  const n = index + 1;
  return `127.12.${n >> 8}.${n & 255}`;
});

/** What it costs to ask each telephone who it is, and that it is asked once for as long as its answer counts. */
export function run(): Promise<BenchResult> {
  return withTempFolder(async (state) => {
    const folder = path.join(state, 'files');
    await mkdir(folder);
    await writeFile(path.join(folder, small.file), randomBytes(small.size));
    const port = await freeUdpPort('127.0.0.1');
    const questions = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { addresses, port, questions };
    const agents = new Worker(new URL('./load/snmp-agents.ts', import.meta.url), { workerData });
    await once(agents, 'message');
    const verify = ['UseSNMP=1', `Port=${port}`, 'CacheSeconds=3600'];
    const rates = {
      fresh: [] as number[],
      without: [] as number[],
      asked: [] as number[],
      known: [] as number[],
    };
    let mostAsked = 0;
    try {
      // A server of its own for each round: none of its telephones is known yet.
      for (let round = 0; round < rounds; round += 1) {
        await served(await startOurs(folder, state), async (visit) => {
          rates.fresh.push(await visit());
          rates.without.push(await visit());
        });
        Atomics.store(questions, 0, 0);
        await served(await startOurs(folder, state, verify), async (visit) => {
          rates.asked.push(await visit());
          rates.known.push(await visit());
        });
        mostAsked = Math.max(mostAsked, Atomics.load(questions, 0));
      }
    } finally {
      await agents.terminate();
    }
    const without = median(rates.without);
    return {
      title:
        'FTP: log in, fetch 1 KiB, quit by 1,000 telephones that are asked by SNMP who they are',
      command: 'test/bench/load/ftp-load.c, 50 at a time; the same server with UseSNMP=0',
      figures: [
        { label: 'UseSNMP=0, first visit', value: median(rates.fresh), unit: 'files/s' },
        { label: 'UseSNMP=0, second visit', value: without, unit: 'files/s' },
        { label: 'UseSNMP=1, each telephone new', value: median(rates.asked), unit: 'files/s' },
        { label: 'UseSNMP=1, each telephone known', value: median(rates.known), unit: 'files/s' },
        {
          label: 'UseSNMP=1, known, as a share of UseSNMP=0',
          value: median(rates.known) / without,
          unit: '',
          limit: { kind: 'at least', value: 0.8 },
        },
        {
          // One for its family, one for extension and type; none in the second visit.
          label: 'questions for each telephone in two visits',
          value: mostAsked / telephones,
          unit: '',
          limit: { kind: 'at most', value: 2 },
        },
      ],
    };
  });
}

/** `work` gets one visit of all telephones, as files a second. */
async function served(
  peer: FtpPeer,
  work: (visit: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const load = { ...small, phones: telephones, total: telephones };
  try {
    await work(async () => (await ftpLoad(peer.port, load)).perS);
  } finally {
    await peer.stop();
  }
}
