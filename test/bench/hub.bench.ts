import { readFile, rename, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { branchTlsOptions } from '#libs/identity';
import { cronFor } from '#libs/sync';
import { updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import type { BenchResult } from './support/bench-result.ts';
import { hubPortOf, hubSite, joinedBranches, type Branch } from './support/joined-branches.ts';
import { percentile, timed, withTempFolder } from './support/measure.ts';

export const name = 'hub';

const waiting = 2_000;
const files = 10_000;

export async function run(): Promise<BenchResult[]> {
  return await withTempFolder(async (folder) => [
    await wakeUp(path.join(folder, 'wake')),
    await manyFiles(path.join(folder, 'many')),
    jitter(),
  ]);
}

/** Two thousand branches hold a request open; a file is dropped; when has the last one been told? */
async function wakeUp(folder: string): Promise<BenchResult> {
  const site = await hubSite(folder);
  const branches = await joinedBranches(site, waiting);
  const server = await LaunchedServer.launch(site.config);
  try {
    const port = await hubPortOf(site);
    const since = await releaseOf(port, branches[0]);
    const waits = branches.map((branch) => longPoll(port, branch, since));
    await Promise.all(waits.map(({ sent }) => sent));
    await drop(site, 'news.txt');
    const signed = await server.logged(
      (line) => line['msg'] === 'release signed' && Number(line['release']) > since,
    );
    const answered = await Promise.all(waits.map(({ answer }) => answer));
    const signedAt = Date.parse(String(signed['time']));
    const after = answered.map((at) => at - signedAt);
    return {
      title: `Waking ${waiting} waiting branches, each with a TLS connection of its own`,
      command: 'none: long polls from one process beside the hub on the same two cores',
      figures: [
        {
          label: 'from the signed release to the last branch told',
          value: Math.max(...after),
          unit: 'ms',
          limit: { kind: 'at most', value: 2_000 },
        },
        { label: 'to the middle one', value: percentile(after, 0.5), unit: 'ms' },
        {
          label: 'memory of the hub with all of them',
          value: await residentMiB(server.pid),
          unit: 'MiB',
        },
        await pollCost(port, branches[0]),
      ],
    };
  } finally {
    await server.stop();
  }
}

/** Ten thousand files: a start that hashes nothing again, and one more file. */
async function manyFiles(folder: string): Promise<BenchResult> {
  const site = await hubSite(folder);
  for (let n = 0; n < files; n += 1) {
    await writeFile(path.join(updatesOf(site), `file-${n}.txt`), `file ${n}\n`.repeat(20));
  }
  const first = await LaunchedServer.launch(site.config);
  await first.logged((line) => line['msg'] === 'release signed' && line['files'] === files);
  await first.stop();

  let second: LaunchedServer | undefined;
  const readyMs = await timed(async () => {
    second = await LaunchedServer.launch(site.config);
  });
  if (second === undefined) throw new Error('the hub did not start');
  try {
    const dropped = Date.now();
    await drop(site, 'one-more.txt');
    const signed = await second.logged(
      (line) => line['msg'] === 'release signed' && line['files'] === files + 1,
    );
    const hashed = second.lines.filter((line) => line['msg'] === 'update added').length;
    return {
      title: `A hub with ${files} files in Updates`,
      command: 'none',
      figures: [
        { label: 'start to ready', value: readyMs, unit: 'ms' },
        {
          label: 'files hashed again after the restart',
          value: hashed - 1,
          unit: 'files',
          limit: { kind: 'at most', value: 0 },
        },
        {
          label: 'one added file, from the copy to signed (it must stand still for 1 s)',
          value: Date.parse(String(signed['time'])) - dropped,
          unit: 'ms',
          limit: { kind: 'at most', value: 2_000 },
        },
        {
          label: 'longest block of the event loop that its log tells (from 50 ms on; 0 = none)',
          value: blocks(second),
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
    };
  } finally {
    await second.stop();
  }
}

/** When a thousand branches ask within the hour: the fullest minute against the mean. */
function jitter(): BenchResult {
  const minutes = new Array<number>(60).fill(0);
  for (let n = 0; n < 1_000; n += 1) {
    const minute = Number(cronFor(2, `branch-${n}`).split(' ')[1]);
    minutes[minute] = (minutes[minute] ?? 0) + 1;
  }
  const mean = 1_000 / 60;
  return {
    title: 'A thousand branches that poll once an hour, by minute',
    command: `none: branches in each minute: ${minutes.join(' ')}`,
    figures: [
      { label: 'mean', value: mean, unit: 'per minute' },
      { label: 'fewest', value: Math.min(...minutes), unit: 'per minute' },
      {
        label: 'most',
        value: Math.max(...minutes),
        unit: 'per minute',
        limit: { kind: 'at most', value: 2 * mean },
      },
    ],
  };
}

function longPoll(
  port: number,
  branch: Branch,
  since: number,
): { sent: Promise<unknown>; answer: Promise<number> } {
  const sent = Promise.withResolvers<undefined>();
  const answer = new Promise<number>((resolve, reject) => {
    const asked = https.get(
      {
        ...branchTlsOptions(branch),
        agent: false,
        host: '127.0.0.1',
        port,
        path: `/v1/events?since=${since}`,
      },
      (response) => {
        response.resume().once('end', () => {
          resolve(Date.now());
        });
      },
    );
    asked.once('error', reject);
    asked.once('socket', (socket) => {
      socket.once('secureConnect', () => {
        sent.resolve(undefined);
      });
    });
  });
  answer.catch(sent.reject);
  return { sent: sent.promise, answer };
}

async function releaseOf(port: number, branch: Branch | undefined): Promise<number> {
  if (branch === undefined) return 0;
  const body = await get(new https.Agent(branchTlsOptions(branch)), port, '/v1/events?since=0');
  const parsed: unknown = JSON.parse(body.text);
  return typeof parsed === 'object' && parsed !== null && 'release' in parsed
    ? Number(parsed.release)
    : 0;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly etag: string;
}

function get(
  agent: https.Agent,
  port: number,
  at: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    https
      .get({ agent, host: '127.0.0.1', port, path: at, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, text, etag: response.headers.etag ?? '' });
        });
      })
      .once('error', reject);
  });
}

/** An unchanged poll on an open connection: one request, answered 304. */
async function pollCost(
  port: number,
  branch: Branch | undefined,
): Promise<BenchResult['figures'][number]> {
  if (branch === undefined) throw new Error('there is no branch to poll');
  const agent = new https.Agent({ ...branchTlsOptions(branch), keepAlive: true, maxSockets: 1 });
  const { etag } = await get(agent, port, '/v1/metadata/timestamp.json');
  const times: number[] = [];
  for (let n = 0; n < 200; n += 1) {
    times.push(
      await timed(async () => {
        const { status } = await get(agent, port, '/v1/metadata/timestamp.json', {
          'if-none-match': etag,
        });
        if (status !== 304) throw new Error(`an unchanged timestamp was answered ${status}`);
      }),
    );
  }
  agent.destroy();
  return {
    label: 'an unchanged poll on an open connection: one request, answered 304',
    value: percentile(times, 0.5),
    unit: 'ms',
  };
}

async function drop(site: DemoSite, file: string): Promise<void> {
  const beside = path.join(site.folder, file);
  await writeFile(beside, file);
  await rename(beside, path.join(updatesOf(site), file));
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

const blocks = (server: LaunchedServer): number =>
  Math.max(
    0,
    ...server.lines
      .filter((line) => line['msg'] === 'event loop blocked')
      .map((line) => Number(line['ms'])),
  );
