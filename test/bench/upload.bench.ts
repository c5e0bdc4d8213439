import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { command } from '../support/launched-server.ts';
import { runClient } from '../support/real-client.ts';
import { setLine } from '../support/site.ts';
import type { BenchResult } from './support/bench-result.ts';
import { hubPortOf, identityFolder } from './support/joined-branches.ts';
import { withFreshDisk } from './support/fresh-disk.ts';
import { median, timed } from './support/measure.ts';
import { forgetMemoryPeak, memoryPeak } from './support/memory-peak.ts';
import { withPair, type Pair } from './support/pull-pair.ts';

export const name = 'upload';

const rounds = 2;
const files = 10_000;
const bytesEach = 4_096;
const megabyte = 1e6;

interface Round {
  readonly firstMs: number;
  readonly againMs: number;
  readonly curlMs: number;
  readonly branchBytes: number;
  readonly hubBytes: number;
}

/** The backups of 10,000 telephones go up from one branch; the peer sends one PUT for each to the same hub. */
export async function run(): Promise<BenchResult> {
  return await withFreshDisk((folder) =>
    withPair(
      folder,
      (pair) => compare(pair, folder),
      async (branch) => {
        await setLine(branch, 'RequestUpdates', '1\nRequestBackup=1');
        // The hourly zip of the same files is another matter.
        await setLine(branch, 'BindAddress', '127.0.0.1\nArchive=0');
      },
    ),
  );
}

async function compare(pair: Pair, folder: string): Promise<BenchResult> {
  const idle = {
    branch: (await memoryPeak(pair.branchServer.pid)) ?? 0,
    hub: (await memoryPeak(pair.hubServer.pid)) ?? 0,
  };
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await once(pair, folder, round));
  const of = (key: keyof Round): number => median(measured.map((round) => round[key]));
  const most = (key: keyof Round): number => Math.max(...measured.map((round) => round[key]));
  const memory = { unit: 'MB', limit: { kind: 'at most', value: 100 } } as const;
  return {
    title: `First upload of ${files} backups of 4 KiB from one branch over mutual TLS`,
    command: 'curl -K: one PUT for each file on one kept connection, same TLS, same hub',
    figures: [
      {
        label: 'branchline: listed, hashed, offered, sent, safe',
        value: of('firstMs'),
        unit: 'ms',
      },
      { label: 'curl, the digests known before', value: of('curlMs'), unit: 'ms' },
      {
        label: 'curl / branchline',
        value: of('curlMs') / of('firstMs'),
        unit: '×',
        limit: { kind: 'at least', value: 2 },
      },
      {
        label: 'the same again, unchanged',
        value: most('againMs'),
        unit: 'ms',
        limit: { kind: 'at most', value: 1_000 },
      },
      { label: 'branch: most memory', value: most('branchBytes') / megabyte, ...memory },
      { label: 'branch: before', value: idle.branch / megabyte, unit: 'MB' },
      { label: 'hub: most memory', value: most('hubBytes') / megabyte, ...memory },
      { label: 'hub: before', value: idle.hub / megabyte, unit: 'MB' },
    ],
  };
}

async function once(pair: Pair, folder: string, round: number): Promise<Round> {
  const { branch, branchServer, hubServer } = pair;
  const saved = path.join(branch.folder, 'data', 'FTPdata');
  // Moved, not removed: ext4 without a journal is slow to create files where many were removed a moment ago.
  if (round > 0) await rename(saved, path.join(folder, `saved-${round}`));
  await writeBackups(saved, `${round}`);
  await forgetMemoryPeak(branchServer.pid);
  await forgetMemoryPeak(hubServer.pid);
  const firstMs = await syncMs(pair);
  const branchBytes = (await memoryPeak(branchServer.pid)) ?? 0;
  const hubBytes = (await memoryPeak(hubServer.pid)) ?? 0;
  const againMs = await syncMs(pair);
  const curlMs = await curl(pair, path.join(folder, `curl-${round}`), round);
  return { firstMs, againMs, curlMs, branchBytes, hubBytes };
}

/** Milliseconds of one run by hand, as the branch's own log says. */
async function syncMs({ branch, branchServer }: Pair): Promise<number> {
  const before = branchServer.lines.length;
  const { status, stderr } = await command('sync', 'backup', '--config', branch.config);
  if (status !== 0) throw new Error(`sync backup ended with ${status}: ${stderr}`);
  const ended = await branchServer.logged(
    (line) =>
      line['msg'] === 'sync run ended' &&
      line['what'] === 'backup' &&
      branchServer.lines.indexOf(line) >= before,
  );
  return Number(ended['ms']);
}

async function curl({ hub, branch }: Pair, from: string, round: number): Promise<number> {
  const identity = await identityFolder(branch);
  const port = await hubPortOf(hub);
  const written = await writeBackups(from, `curl-${round}`);
  const config = [
    ...['silent', 'show-error', 'fail', 'cacert = authority.pem', 'cert = certificate.pem'],
    ...['key = key.pem', 'header = "Content-Type: application/octet-stream"'],
    `header = "Content-Range: bytes 0-${bytesEach - 1}/${bytesEach}"`,
    ...written.flatMap(({ file, sha256, modified }) => {
      const query = `name=FTPdata/${path.basename(file)}&modified=${modified}`;
      return [
        `upload-file = "${file}"`,
        `url = "https://127.0.0.1:${port}/v1/uploads/backup/${sha256}?${query}"`,
      ];
    }),
  ];
  const list = path.join(from, 'curl.conf');
  await writeFile(list, config.join('\n'));
  let answers = '';
  const ms = await timed(async () => {
    const run = await runClient('curl', ['-K', list], { cwd: identity, timeoutMs: 120_000 });
    if (run.status !== 0) throw new Error(`curl ended with ${run.status}: ${run.stderr}`);
    answers = run.stdout.toString();
  });
  if (answers.split('{"results":[{}]}').length !== files + 1) throw new Error('not all were taken');
  return ms;
}

interface Written {
  readonly file: string;
  readonly sha256: string;
  readonly modified: number;
}

/** Backups that were saved a minute ago. */
async function writeBackups(folder: string, label: string): Promise<Written[]> {
  await mkdir(folder, { recursive: true });
  const modified = Date.now() - 60_000;
  const written: Written[] = [];
  for (let n = 0; n < files; n += 1) {
    const bytes = randomBytes(bytesEach);
    const file = path.join(folder, `${label}-${n}_96xxdata.txt`);
    await writeFile(file, bytes);
    await utimes(file, modified / 1_000, modified / 1_000);
    written.push({ file, sha256: createHash('sha256').update(bytes).digest('hex'), modified });
  }
  return written;
}
