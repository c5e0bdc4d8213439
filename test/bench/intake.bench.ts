import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { HubClient, type FramedFile } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { LaunchedServer } from '../support/launched-server.ts';
import type { BenchResult } from './support/bench-result.ts';
import { hubPortOf, hubSite, joinedBranches, type Branch } from './support/joined-branches.ts';
import { withFreshDisk } from './support/fresh-disk.ts';
import { median, timed } from './support/measure.ts';

export const name = 'intake';

const rounds = 1;
const crowds = [1, 10, 100];
const filesEach = 4_000;
const filesInBody = 100;
const bytesEach = 4_096;
const fsyncs = 2_000;

/** How many backups a second a hub takes durably, beside what the disk can do one after the other. */
export async function run(): Promise<BenchResult> {
  return await withFreshDisk(async (folder) => {
    const site = await hubSite(folder);
    const joined = await joinedBranches(site, Math.max(...crowds));
    const port = await hubPortOf(site);
    const server = await LaunchedServer.launch(site.config);
    const clients = joined.map((branch) => clientOf(branch, port));
    try {
      const rates = new Map<number, number[]>(crowds.map((crowd) => [crowd, []]));
      const limits: number[] = [];
      // The first round warms up.
      for (let round = 0; round <= rounds; round += 1) {
        const limit = await fsyncsPerSecond(path.join(folder, `fsync-${round}`));
        if (round > 0) limits.push(limit);
        for (const crowd of crowds) {
          const rate = await filesPerSecond(clients.slice(0, crowd), `${round}`);
          if (round > 0) rates.get(crowd)?.push(rate);
        }
      }
      const limit = median(limits);
      const share = (crowd: number): number => median(rates.get(crowd) ?? []) / limit;
      return {
        title: `Hub intake of backups of 4 KiB, each on the disk and in the ledger before it is acknowledged`,
        command: 'none: open, write 4 KiB, fsync, close, of new files, one after the other',
        figures: [
          { label: 'the disk: new files synced one after the other', value: limit, unit: '/s' },
          ...crowds.map((crowd) => ({
            label: `branches at once: ${crowd}`,
            value: median(rates.get(crowd) ?? []),
            unit: 'files/s',
          })),
          {
            label: '1 branch / disk',
            value: share(1),
            unit: '×',
            limit: { kind: 'at least', value: 0.6 },
          },
          {
            label: '100 branches / disk',
            value: share(100),
            unit: '×',
            limit: { kind: 'at least', value: 1 },
          },
        ],
      };
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await server.stop();
    }
  });
}

function clientOf(branch: Branch, port: number): HubClient {
  const identity = { ...branch, host: '127.0.0.1', port, joinPort: 0 };
  return new HubClient({ identity, version: 'bench', log: silentLogger() });
}

/** All of them together send `filesEach` files, each its share in bodies, one body after the other. */
async function filesPerSecond(clients: readonly HubClient[], label: string): Promise<number> {
  const share = filesEach / clients.length;
  const work = clients.map((client) => ({
    client,
    bodies: bodiesOf(`${label}-${clients.length}`, share),
  }));
  const ms = await timed(() =>
    Promise.all(
      work.map(async ({ client, bodies }) => {
        for (const body of bodies) {
          const problems = await client.uploads.sendAll('backup', body);
          const problem = problems.find((each) => each !== undefined);
          if (problem !== undefined) throw new Error(problem.message);
        }
      }),
    ),
  );
  return filesEach / (ms / 1_000);
}

function bodiesOf(label: string, files: number): FramedFile[][] {
  const bodies: FramedFile[][] = [];
  for (let from = 0; from < files; from += filesInBody) {
    bodies.push(
      Array.from({ length: Math.min(filesInBody, files - from) }, (_, n) => {
        const bytes = randomBytes(bytesEach);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const name = `FTPdata/${label}-${from + n}_96xxdata.txt`;
        return { file: { name, size: bytesEach, sha256, modified: Date.now() - 60_000 }, bytes };
      }),
    );
  }
  return bodies;
}

async function fsyncsPerSecond(folder: string): Promise<number> {
  await mkdir(folder);
  const bytes = randomBytes(bytesEach);
  const ms = await timed(() => {
    for (let n = 0; n < fsyncs; n += 1) {
      const file = openSync(path.join(folder, String(n)), 'w');
      writeSync(file, bytes);
      fsyncSync(file);
      closeSync(file);
    }
    return Promise.resolve();
  });
  return fsyncs / (ms / 1_000);
}
